// The Worker's entry.
import { createApp } from "./app.ts";
import { readBindings } from "./bindings.ts";
import { createDependencies, type Dependencies } from "./dependencies.ts";
import { consumeBatch } from "./events/consumer.ts";

export { SubjectViews } from "./frequency/subject-views.ts";
export { CampaignLedger } from "./ledger/campaign-ledger.ts";

/** Bindings are the same for an isolate's whole life, so everything is put together once, by whatever comes first. */
let worker: { readonly dependencies: Dependencies; readonly app: ReturnType<typeof createApp> } | undefined;

function workerOf(env: unknown) {
  if (worker) return worker;
  const dependencies = createDependencies(readBindings(env));
  worker = { dependencies, app: createApp(dependencies) };
  return worker;
}

export default {
  fetch: (request, env, context) => workerOf(env).app.fetch(request, env, context),
  queue: (batch, env, context) => consumeBatch(batch, workerOf(env).dependencies, (work) => context.waitUntil(work)),
} satisfies ExportedHandler;
