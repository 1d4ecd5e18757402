// The families of nets by name.

import type { NetFamily } from "../../shared/tasks/family.ts";
import type { ModelSpec } from "../../shared/tasks/model-spec.ts";
import type { Random } from "../engine/random.ts";
import { autoInt } from "./auto-int.ts";
import { convolution } from "./convolution.ts";
import { dcnV2 } from "./dcn-v2.ts";
import { deepfm } from "./deepfm.ts";
import { esmm } from "./esmm.ts";
import { finalMlp } from "./final-mlp.ts";
import { fm } from "./fm.ts";
import { fwfm } from "./fwfm.ts";
import { gru } from "./gru.ts";
import { logistic } from "./logistic.ts";
import { mlp } from "./mlp.ts";
import { mmoe } from "./mmoe.ts";
import type { InputShape, Net } from "./net.ts";
import { transformer } from "./transformer.ts";
import { twoTower } from "./two-tower.ts";

const FAMILIES: Readonly<Record<NetFamily, (spec: ModelSpec, shape: InputShape, random: Random) => Net>> = {
  logistic,
  fm: (_spec, shape) => fm(shape),
  deepfm,
  "dcn-v2": dcnV2,
  mlp,
  "two-tower": twoTower,
  fwfm: (_spec, shape) => fwfm(shape),
  "auto-int": autoInt,
  "final-mlp": finalMlp,
  gru,
  transformer,
  convolution,
  esmm,
  mmoe,
};

export function createNet(spec: ModelSpec, shape: InputShape, random: Random): Net {
  const { family } = spec;
  if (family === "trees") throw new Error("trees are no net: trainFamily trains them");
  return FAMILIES[family](spec, shape, random);
}

/** Logistic regression reads no embeddings: it carries vectors of one component, all 0. */
export function embeddingDimensionOf({ family, embeddingDimension }: ModelSpec): number {
  return family === "logistic" ? 1 : embeddingDimension;
}
