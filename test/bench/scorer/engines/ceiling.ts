// The dot product's ceilings: multiply-adds that the processor does in wasm with nothing else to do.
import module from "../ceiling.wasm";
import { CEILING_MACS } from "../roster.ts";
import type { Engine, Engines } from "./engine.ts";

type Loop = (macs: number) => void;

/** By the instructions of assembly/ceiling.ts. */
export const ceilings: Engines = {
  int8ToInt32: ceiling("relaxedDotAdd"),
  int8ToInt16: ceiling("relaxedDotInt16"),
  int16ToInt32: ceiling("dotInt16"),
};

function ceiling(name: string): Engine {
  return {
    prepare() {
      const loop = new WebAssembly.Instance(module, {}).exports[name] as Loop; // exported by assembly/ceiling.ts
      const nothing = new Float32Array();
      return {
        run() {
          loop(CEILING_MACS);
          return nothing;
        },
      };
    },
  };
}
