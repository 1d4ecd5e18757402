// npm run catalog: shows, changes or replaces the catalog that a running Worker serves from, and prints keys of its sites.
import { Argument, Command, Option } from "commander";
import type { Published } from "../../shared/artifact/publish-document.ts";
import { catalogMissing, changePolicy, editCatalog, publishCatalog, readCatalog } from "../jobs/catalog.ts";
import { issueKey } from "../jobs/site-key.ts";
import { createAdminClient, type EditedCatalog, type Publication, readAdminConfig } from "../publish/admin-client.ts";
import { readKeys } from "../publish/keys.ts";
import type { Publisher } from "../publish/publish.ts";
import { createS3Store } from "../publish/s3-store.ts";
import { readStoreConfig } from "../publish/store-config.ts";
import { POLICY_NAMES, type PolicyParameters, policyFrom, policyOptions, wholeNumber } from "./options.ts";
import { readJson } from "./read-json.ts";

interface Target {
  /** Straight to the store: the catalog as it is edited in a Worker's database, if there is one, does not hear of it. */
  readonly store: boolean;
}

export function command(): Command {
  const catalog = new Command("catalog").description("Show or change what a running Worker chooses from");
  catalog.command("show").description("Print the published catalog as JSON").action(show);
  const policy = catalog
    .command("policy")
    .description("Choose by another policy from now on")
    .addArgument(new Argument("<name>", "the policy").choices(POLICY_NAMES))
    .addOption(storeOption())
    .action(setPolicy);
  for (const option of policyOptions()) policy.addOption(option);
  catalog
    .command("publish")
    .description("Publish a catalog from a JSON file")
    .argument("<file>", "see shared/catalog/catalog.ts; `show` prints one")
    .addOption(storeOption())
    .action(publish);
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

const storeOption = () =>
  new Option("--store", "past the admin API, straight to the store: for a Worker that edits no catalog").default(false);

async function setPolicy(name: string, { store, ...parameters }: PolicyParameters & Target): Promise<void> {
  const policy = policyFrom(name, parameters);
  if (store) return reportStored(await changePolicy(await openPublisher(), policy));
  const change = (catalog: EditedCatalog["catalog"]) => {
    if (!catalog) throw catalogMissing();
    return { ...catalog, policy };
  };
  report(await editCatalog(openAdmin(), change));
}

async function publish(file: string, { store }: Target): Promise<void> {
  const document = await readJson(file);
  if (store) reportStored(await publishCatalog(await openPublisher(), document));
  else report(await editCatalog(openAdmin(), () => document));
}

async function show(): Promise<void> {
  const current = await readCatalog(await openPublisher());
  if (!current) throw catalogMissing();
  console.log(JSON.stringify(current.catalog, null, 2));
}

const openAdmin = () => createAdminClient(readAdminConfig(readStoreConfig()));

async function openPublisher(): Promise<Publisher> {
  const config = readStoreConfig();
  const store = createS3Store(config, config.artifactBucket);
  return { store, keys: await readKeys(config), channel: "stable", nowMs: Date.now() };
}

const reportStored = ({ version, pointer: { sequence } }: Published) => report({ version, sequence, changed: true });

function report({ version, sequence, changed }: Publication): void {
  const state = changed ? "is published" : "was published already, as it is";
  console.log(`catalog ${version} ${state} (number ${sequence}); the Worker takes it up within seconds`);
}
