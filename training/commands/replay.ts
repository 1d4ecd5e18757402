// npm run replay -- RECORD: a decision made again from its record, and whether it is the same.
import { Command } from "commander";
import { type ReplayReport, replay } from "../jobs/replay.ts";
import { createAdminClient, readAdminConfig } from "../publish/admin-client.ts";
import { createS3Store } from "../publish/s3-store.ts";
import { readStoreConfig } from "../publish/store-config.ts";

export function command(): Command {
  return new Command("replay")
    .description("Make a decision again from its record, by a running Worker, and compare byte for byte")
    .argument("<record>", "a file with one record (a line of the event log), or a decision's id, looked for in the newest events")
    .option("--explain", "print why each creative was shown, and why the others were not", false)
    .action(async (source: string, { explain }: { explain: boolean }) => {
      const config = readStoreConfig();
      const [artifacts, events] = [createS3Store(config, config.artifactBucket), createS3Store(config, config.eventBucket)];
      const client = createAdminClient(readAdminConfig(config));
      const report = await replay({ source, artifacts, events, client, nowMs: Date.now() });
      console.log(describe(report));
      if (explain) console.log(JSON.stringify(report.explanations, null, 2));
      if (report.difference !== null) process.exitCode = 1;
    });
}

function describe({ decisionId, sizeBytes, difference }: ReplayReport): string {
  if (difference === null) return `decision ${decisionId}: the same, all ${sizeBytes} bytes of its record`;
  return `decision ${decisionId}: another ${difference}`;
}
