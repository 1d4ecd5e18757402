// Three projects: the rules of the house, Node, and workerd. What lives in shared/ runs in both runtimes.
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { wasmModules } from "./wasm-modules.ts";

const root = new URL("..", import.meta.url).pathname;

export default defineConfig({
  test: {
    projects: [
      { root, test: { name: "tidy", include: ["test/tidy.test.ts"] } },
      {
        root,
        plugins: [wasmModules()],
        test: {
          name: "node",
          include: ["test/**/*.test.ts"],
          exclude: ["test/tidy.test.ts", "test/functions/**", "**/node_modules/**"],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        root,
        plugins: [
          cloudflareTest(async () => ({
            wrangler: { configPath: "./wrangler.toml", environment: "test" },
            miniflare: { bindings: { CATALOG_MIGRATIONS: await readD1Migrations(`${root}functions/admin/migrations`) } },
          })),
        ],
        test: {
          name: "workerd",
          include: ["test/functions/**/*.test.ts", "test/shared/**/*.test.ts"],
          testTimeout: 30_000,
          isolate: false, // one workerd for all files: starting one for each took three times as long as the tests
        },
      },
    ],
  },
});
