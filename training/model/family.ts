// The families by name.
import type { Family, ModelSpec } from "../../shared/tasks/task.ts";
import type { Random } from "../engine/random.ts";
import { autoInt } from "./auto-int.ts";
import { dcnV2 } from "./dcn-v2.ts";
import { deepfm } from "./deepfm.ts";
import { esmm } from "./esmm.ts";
import { finalMlp } from "./final-mlp.ts";
import { fm } from "./fm.ts";
import { fwfm } from "./fwfm.ts";
import { logistic } from "./logistic.ts";
import { mlp } from "./mlp.ts";
import { mmoe } from "./mmoe.ts";
import type { InputShape, Net } from "./net.ts";
import { twoTower } from "./two-tower.ts";

const FAMILIES: Readonly<Record<Family, (spec: ModelSpec, shape: InputShape, random: Random) => Net>> = {
  logistic,
  fm: (_spec, shape) => fm(shape),
  deepfm,
  "dcn-v2": dcnV2,
  mlp,
  "two-tower": twoTower,
  fwfm: (_spec, shape) => fwfm(shape),
  "auto-int": autoInt,
  "final-mlp": finalMlp,
  esmm,
  mmoe,
};

export function createNet(spec: ModelSpec, shape: InputShape, random: Random): Net {
  return FAMILIES[spec.family](spec, shape, random);
}

/** Logistic regression reads no embeddings: it carries vectors of one component, all 0. */
export function embeddingDimensionOf({ family, embeddingDimension }: ModelSpec): number {
  return family === "logistic" ? 1 : embeddingDimension;
}
