// The Worker's entry.
import { createApp } from "./app.ts";
import { readBindings } from "./bindings.ts";
import { createDependencies } from "./dependencies.ts";

/** Bindings are the same for an isolate's whole life, so everything is put together once, on the first request. */
let app: ReturnType<typeof createApp> | undefined;

export default {
  fetch(request, env, context) {
    app ??= createApp(createDependencies(readBindings(env)));
    return app.fetch(request, env, context);
  },
} satisfies ExportedHandler;
