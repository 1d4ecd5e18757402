// What a search came to, as a table for people, and the command that trains its best task.
import type { Tuned, TuneRequest } from "../jobs/tune.ts";
import type { TrialRow } from "../search/trial-row.ts";

const SHOWN = 10;

/** One trial of a rung that has just been done. */
export function describeRow(row: TrialRow): string {
  const outcome =
    row.status === "failed"
      ? `failed: ${row.code}`
      : `logloss ${row.valid.logloss.toFixed(5)} | AUC ${row.valid.auc?.toFixed(5) ?? "-"}`;
  return `rung ${row.rung}, ${row.epochs} epochs | trial ${row.trial} | ${outcome} | ${row.seconds.toFixed(1)} s`;
}

/** The ten that came furthest, and how to go on. */
export function formatTuned(
  { ranking, rungs, bestTaskFile }: Tuned,
  { space, files, device, seed }: Pick<TuneRequest, "space" | "files" | "device" | "seed">,
): string {
  const paths = Object.keys(space);
  const head = ["trial", "epochs", "logloss", "AUC", "seconds", ...paths.map((path) => path.slice(path.indexOf(".") + 1))];
  const rows = ranking
    .slice(0, SHOWN)
    .map(({ trial, epochs, valid, seconds, parameters }) => [
      String(trial),
      String(epochs),
      valid.logloss.toFixed(5),
      valid.auc?.toFixed(5) ?? "-",
      seconds.toFixed(1),
      ...paths.map((path) => formatSetting(parameters[path])),
    ]);
  const widths = head.map((name, column) => Math.max(name.length, ...rows.map((cells) => cells[column]?.length ?? 0)));
  const lines = [head, ...rows].map((cells) => cells.map((cell, column) => cell.padStart(widths[column] ?? 0)).join("  "));
  const given = Object.entries(files).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, ...[value].flat()]));
  const halving = rungs.map(({ trialCount, epochs }) => `${trialCount} x ${epochs}`).join(", ");
  const command = ["npm run train -- --task", bestTaskFile, ...given, `--device ${device} --seed ${seed}`].join(" ");
  return [`on the validation split; trials x epochs: ${halving}`, ...lines, "", command].join("\n");
}

/** Numbers to four digits; the file has all of them. */
const formatSetting = (value: unknown): string =>
  typeof value === "number" && !Number.isInteger(value) ? String(Number(value.toPrecision(4))) : JSON.stringify(value);
