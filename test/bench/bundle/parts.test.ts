// Which part of the Worker a file belongs to, and which text of the bundle.
import { describe, expect, it } from "vitest";
import { filesByPart, partOf, textByPart } from "./parts.ts";

describe("partOf", () => {
  it.each([
    ["functions/app.ts", "functions"],
    ["functions/routes/body.ts", "functions/routes"],
    ["shared/scoring/kernel/exports.ts", "shared/scoring"],
    ["node_modules/hono/dist/hono.js", "hono"],
    ["../elsewhere/node_modules/@scope/name/index.js", "@scope/name"],
    ["node_modules/outer/node_modules/inner/index.js", "inner"],
  ])("%s is of %s", (path, part) => {
    expect(partOf(path)).toBe(part);
  });
});

describe("filesByPart", () => {
  it("lists what is left in the script, and nothing that was shaken off", () => {
    const metafile = {
      inputs: {},
      outputs: {
        "bundle/kernel.wasm": { bytes: 9, inputs: {}, imports: [], exports: [] },
        "bundle/worker.js": {
          bytes: 30,
          imports: [],
          exports: [],
          inputs: {
            "functions/app.ts": { bytesInOutput: 10 },
            "functions/routes/a.ts": { bytesInOutput: 10 },
            "functions/routes/b.ts": { bytesInOutput: 10 },
            "functions/routes/types.ts": { bytesInOutput: 0 },
          },
        },
      },
    };
    expect([...filesByPart(metafile)]).toEqual([
      ["functions", ["functions/app.ts"]],
      ["functions/routes", ["functions/routes/a.ts", "functions/routes/b.ts"]],
    ]);
  });
});

describe("textByPart", () => {
  it("gives every line to the file whose comment came last", () => {
    const bundle = [
      "var a=1;",
      "// shared/x/a.ts",
      "f();",
      "// not a file",
      "// functions/b.ts",
      "g();",
      "// shared/x/c.ts",
      "h();",
    ];
    const files = new Map([
      ["shared/x", ["shared/x/a.ts", "shared/x/c.ts"]],
      ["functions", ["functions/b.ts"]],
    ]);
    expect([...textByPart(bundle.join("\n"), files)]).toEqual([
      ["esbuild", "var a=1;\n"],
      ["shared/x", "f();\n// not a file\nh();\n"],
      ["functions", "g();\n"],
    ]);
  });
});
