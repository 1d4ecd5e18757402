// Artifacts and inventories as text for people.
import type { Manifest, Metrics } from "../../shared/artifact/manifest.ts";
import type { Inventory, ListedChannel, ListedVersion } from "./inventory.ts";

const date = (ms: number | null): string => (ms === null ? "-" : new Date(ms).toISOString().slice(0, 19).replace("T", " "));

/** Columns padded to their widest cell. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const width = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(width(column)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** @param version the published version; null for an artifact in a folder */
export function describeManifest(manifest: Manifest, version: string | null): string {
  const { featureMap, architecture, dataRange, files } = manifest;
  const terms = [
    ...(architecture.linear ? ["linear"] : []),
    ...(architecture.fm ? ["fm"] : []),
    ...(architecture.cross ? [`cross x${architecture.cross.inputs.length}`] : []),
    ...(architecture.mlp ? [`mlp ${architecture.mlp.hidden.join("-")}`] : []),
    ...(architecture.posterior ? [`${architecture.posterior.draws} draws of the posterior`] : []),
    ...(architecture.retrieval ? [`retrieval of ${architecture.retrieval.items} items`] : []),
  ];
  return formatTable([
    ["task", manifest.task],
    ["version", version ?? "(not published)"],
    ["family", `${manifest.family}: ${terms.join(", ")}; embeddings of ${architecture.embeddingDimension}`],
    ["created", date(manifest.createdMs)],
    ["data", dataRange ? `${date(dataRange.firstMs)} to ${date(dataRange.lastMs)}` : "without times"],
    ["code", manifest.codeCommit ?? "(not in a checkout)"],
    ["features", `${featureMap.fields.length} fields, ${featureMap.rowCount} rows`],
    ["weights", `${files.weights.sizeBytes} bytes, sha256 ${files.weights.sha256}`],
    ...Object.entries(manifest.metrics).map(([name, metrics]) => [name, describeMetrics(metrics)]),
  ]);
}

function describeMetrics({ auc, logloss, ece, examples }: Metrics): string {
  return `auc ${auc?.toFixed(5) ?? "-"}  logloss ${logloss.toFixed(5)}  ece ${ece.toFixed(5)}  (${examples} examples)`;
}

export function describeInventory({ channels, versions }: Inventory): string {
  if (versions.length === 0) return "nothing is published";
  return [
    formatTable([["name", "channel", "version", "sequence", "moved", ""], ...channels.map(channelRow)]),
    formatTable([
      ["name", "version", "created", "family", "metrics", "serving"],
      ...versions.map((one) => versionRow(one, channels)),
    ]),
  ].join("\n\n");
}

const channelRow = ({ name, channel, version, sequence, movedMs, problem }: ListedChannel): string[] => [
  name,
  channel,
  version ?? "-",
  String(sequence ?? "-"),
  date(movedMs),
  problem ?? "",
];

function versionRow(
  { name, version, createdMs, family, metrics, problem }: ListedVersion,
  channels: readonly ListedChannel[],
): string[] {
  const served = metrics["served.test"] ?? metrics["served.valid"];
  const serving = channels.filter((channel) => channel.name === name && channel.version === version);
  const quality = served ? `auc ${served.auc?.toFixed(4) ?? "-"} logloss ${served.logloss.toFixed(4)}` : "-";
  return [name, version, date(createdMs), family ?? "-", problem ?? quality, serving.map(({ channel }) => channel).join(" ")];
}
