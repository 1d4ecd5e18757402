// npm run artifact: look at what was trained and published, check it, roll it back, make keys.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { Command, Option } from "commander";
import { CATALOG_NAME } from "../../shared/artifact/keys.ts";
import { Channel, versionOf } from "../../shared/artifact/manifest.ts";
import { readDocument, readPointer } from "../../shared/artifact/read-published.ts";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import { MANIFEST_FILE, type ModelArtifact, readArtifactFolder } from "../publish/artifact.ts";
import { describeInventory, describeManifest } from "../publish/describe.ts";
import { takeInventory } from "../publish/inventory.ts";
import { generateKeys, readKeys } from "../publish/keys.ts";
import { readPublishedModel } from "../publish/read-model.ts";
import { rollback } from "../publish/rollback.ts";
import { createS3Store } from "../publish/s3-store.ts";
import { readStoreConfig } from "../publish/store-config.ts";

interface Options {
  readonly channel: Channel;
  readonly json?: boolean;
}

const channel = () => new Option("--channel <name>", "channel of a published model").choices(Channel.options).default("stable");

export function command(): Command {
  const artifact = new Command("artifact").description("Look at, check and roll back what was trained and published");
  const what = "<what>";
  const whatHelp = "a run's folder, or the name of a published task";
  artifact
    .command("verify")
    .description("Check signatures, hashes and weights")
    .argument(what, whatHelp)
    .addOption(channel())
    .action(verify);
  artifact
    .command("show")
    .description("Print what a manifest says")
    .argument(what, whatHelp)
    .addOption(channel())
    .option("--json", "print the manifest itself")
    .action(show);
  artifact
    .command("list")
    .description("List channels and versions")
    .argument("[name]", "only this task's")
    .option("--json", "print JSON")
    .action(list);
  artifact
    .command("rollback")
    .description("Point a channel at an older version")
    .argument("<name>", "task, or catalog")
    .requiredOption("--to <version>", "version, or the beginning of one")
    .addOption(channel())
    .action(roll);
  artifact
    .command("keygen")
    .description("Make a key pair for signing")
    .requiredOption("--out <folder>", "where to write private.pem and public.txt")
    .action(keygen);
  return artifact;
}

async function openStore() {
  const config = readStoreConfig();
  return { store: createS3Store(config, config.artifactBucket), keys: await readKeys(config) };
}

/** An artifact and, where it is published, its version. */
async function findArtifact(
  what: string,
  on: Channel,
): Promise<{ artifact: ModelArtifact; version: string | null; sequence: number | null }> {
  const folder = [what, join(what, "artifact")].find((candidate) => existsSync(join(candidate, MANIFEST_FILE)));
  if (folder !== undefined) return { artifact: await readArtifactFolder(folder), version: null, sequence: null };
  const { store, keys } = await openStore();
  const published = await readPublishedModel(store, keys.trusted, what, on);
  if (published) {
    return { artifact: published.artifact, version: versionOf(published.pointer.digest), sequence: published.pointer.sequence };
  }
  const detail = `neither a folder with an artifact nor a task published on ${on}; see: npm run artifact -- list`;
  throw new CodedError("artifact_unknown", what, detail);
}

async function verify(what: string, options: Options): Promise<void> {
  if (what === CATALOG_NAME) return verifyCatalog(options);
  const { artifact, version, sequence } = await findArtifact(what, options.channel);
  const { sha256, sizeBytes } = artifact.manifest.files.weights;
  const signed = version === null ? "not signed: not published" : `version ${version}, sequence ${sequence}, signatures good`;
  console.log(`ok  ${artifact.manifest.task}: ${signed}`);
  console.log(`ok  weights ${sha256}: ${sizeBytes} bytes, hash and tensors good`);
}

async function verifyCatalog(options: Options): Promise<void> {
  const { store, keys } = await openStore();
  const state = await readPointer(store, keys.trusted, CATALOG_NAME, options.channel);
  if (!state) throw new CodedError("artifact_unknown", CATALOG_NAME, `no catalog is published on ${options.channel}`);
  await readDocument(store, keys.trusted, "application/vnd.selvedge.catalog+json", CATALOG_NAME, state.pointer.digest);
  console.log(`ok  catalog: version ${versionOf(state.pointer.digest)}, sequence ${state.pointer.sequence}, signatures good`);
}

async function show(what: string, options: Options): Promise<void> {
  const { artifact, version } = await findArtifact(what, options.channel);
  console.log(options.json ? JSON.stringify(artifact.manifest, null, 2) : describeManifest(artifact.manifest, version));
}

async function list(name: string | undefined, { json }: { json?: boolean }): Promise<void> {
  const { store, keys } = await openStore();
  const inventory = await takeInventory(store, keys.trusted, name);
  console.log(json ? JSON.stringify(inventory, null, 2) : describeInventory(inventory));
}

async function roll(name: string, { to, channel: on }: Options & { to: string }): Promise<void> {
  const { store, keys } = await openStore();
  const { version, pointer } = await rollback({ store, keys, channel: on, nowMs: Date.now() }, name, to);
  console.log(`${name}/${on} now serves ${version} (sequence ${pointer.sequence})`);
}

async function keygen({ out }: { out: string }): Promise<void> {
  console.log(`${await generateKeys(out)}: keep it secret`);
  console.log(`${join(out, "public.txt")}: goes into the Worker's PUBLIC_KEYS`);
}
