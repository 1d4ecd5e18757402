// Shape A with retrieval: 100,000 items of 32 bytes, and a tower over its context fields. What `retrieve100kRank200Us` is measured on.

import type { DenseLayer } from "../../../training/model/float-model.ts";
import { quantizeTwoTower } from "../../../training/quantize/quantize-two-tower.ts";
import { seededRandom } from "../../shared/scoring/random-model.ts";
import { normal } from "../../training/quantize/random-float-model.ts";
import { toFloatModel } from "./float-net.ts";
import { contextsOf } from "./retrieval-request.ts";
import { bagsOf } from "./sample.ts";
import { contextFieldCount, type Shape } from "./shape.ts";

const ITEM_COUNT = 100_000;
const DIMENSION = 32;
const HIDDEN = 128;
export function withRetrieval(shape: Shape, seed: number): Shape {
  const random = seededRandom(seed);
  const { embeddingDimension, embedding } = toFloatModel(shape);
  const fields = shape.featureMap.fields.slice(0, contextFieldCount(shape));
  const rowCount = fields.reduce((most, field) => Math.max(most, field.firstRow + field.rowCount), 0);
  const drawn = (length: number, size: number) => Float32Array.from({ length }, () => normal(random) * size);
  const layer = (inputs: number, outputs: number): DenseLayer => ({
    ...{ inputs, outputs, weight: drawn(inputs * outputs, Math.sqrt(2 / inputs)), bias: drawn(outputs, 0.05) },
  });
  const towers = quantizeTwoTower(
    {
      featureMap: { ...shape.featureMap, fields, rowCount },
      embeddingDimension,
      embedding: embedding.subarray(0, rowCount * embeddingDimension),
      tower: { layers: [layer(fields.length * embeddingDimension, HIDDEN)], last: layer(HIDDEN, DIMENSION) },
      items: {
        ids: Array.from({ length: ITEM_COUNT }, (_, i) => String(i)),
        vectors: drawn(ITEM_COUNT * DIMENSION, 1),
        biases: drawn(ITEM_COUNT, 0.2),
      },
    },
    bagsOf(contextsOf(shape)),
  );
  const added = [...towers.tensors].filter(([name]) => /^(tower|items)\./.test(name));
  const { retrieval } = towers.architecture;
  return {
    ...shape,
    name: `${shape.name}retrieval`,
    architecture: { ...shape.architecture, retrieval },
    tensors: new Map([...shape.tensors, ...added]),
  };
}
