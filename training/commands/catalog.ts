// npm run catalog: shows, changes or replaces the catalog that a running Worker serves from, and prints keys of its sites.
import { Argument, Command } from "commander";
import type { Published } from "../../shared/artifact/publish-document.ts";
import { catalogMissing, changePolicy, publishCatalog, readCatalog } from "../jobs/catalog.ts";
import { issueKey } from "../jobs/site-key.ts";
import { readKeys } from "../publish/keys.ts";
import type { Publisher } from "../publish/publish.ts";
import { createS3Store } from "../publish/s3-store.ts";
import { readStoreConfig } from "../publish/store-config.ts";
import { POLICY_NAMES, type PolicyParameters, policyFrom, policyOptions, wholeNumber } from "./options.ts";
import { readJson } from "./read-json.ts";

export function command(): Command {
  const catalog = new Command("catalog").description("Show or change what a running Worker chooses from");
  catalog.command("show").description("Print the published catalog as JSON").action(show);
  const change = catalog
    .command("policy")
    .description("Choose by another policy from now on")
    .addArgument(new Argument("<name>", "the policy").choices(POLICY_NAMES))
    .action(async (name: string, parameters: PolicyParameters) => {
      report(await changePolicy(await openPublisher(), policyFrom(name, parameters)));
    });
  for (const option of policyOptions()) change.addOption(option);
  catalog
    .command("publish")
    .description("Publish a catalog from a JSON file")
    .argument("<file>", "see shared/catalog/catalog.ts; `show` prints one")
    .action(async (file: string) => report(await publishCatalog(await openPublisher(), await readJson(file))));
  catalog
    .command("site-key")
    .description("Print a key that opens the placements of a site; SELVEDGE_SITE_KEY_SECRET is the Worker's SITE_KEY_SECRET")
    .argument("<site>", "id of the site in the catalog")
    .option("--days <count>", "until it expires; without, it never does", wholeNumber(1, 36_500))
    .action(async (site: string, { days }: { days?: number }) => {
      console.log(await issueKey(site, days ?? null, readStoreConfig().siteKeySecret, Date.now()));
    });
  return catalog;
}

async function show(): Promise<void> {
  const current = await readCatalog(await openPublisher());
  if (!current) throw catalogMissing();
  console.log(JSON.stringify(current.catalog, null, 2));
}

async function openPublisher(): Promise<Publisher> {
  const config = readStoreConfig();
  const store = createS3Store(config, config.artifactBucket);
  return { store, keys: await readKeys(config), channel: "stable", nowMs: Date.now() };
}

function report({ version, pointer }: Published): void {
  console.log(`catalog ${version} is published (number ${pointer.sequence}); the Worker takes it up within seconds`);
}
