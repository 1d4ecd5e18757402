// Manifests as a publisher with a bug would sign them: numbers, arrays, names and whole parts of the JSON changed.
import { type Manifest, parseManifest } from "../../../../shared/artifact/manifest.ts";
import { inputWidth, layoutFields } from "../../../../shared/features/feature-map.ts";
import { CodedError } from "../../../../shared/schemas/coded-error.ts";
import { layerShapes } from "../../../../shared/scoring/served-layers.ts";
import type { Random } from "../../../shared/scoring/random-model.ts";
import { type Artifact, artifactOf } from "./artifacts.ts";
import { below, EXTREMES, pick } from "./damage.ts";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Parent = Json[] | { [key: string]: Json };

/** One place in the document: `parent[key]`. */
interface Place {
  readonly parent: Parent;
  readonly key: string;
}

/** The same seed gives the same damage. */
export function mutateManifest(random: Random, manifest: unknown): unknown {
  const root: { [key: string]: Json } = structuredClone(manifest) as { [key: string]: Json }; // JSON, as its type says
  for (let hits = 1 + below(random, 3); hits > 0; hits--) {
    const parts = [root.architecture, root.architecture, root.featureMap, root.featureMap, root].filter(isParent);
    const places = placesIn(pick(random, parts));
    if (places.length > 0) damage(random, pick(random, places), pick(random, places));
  }
  return JSON.parse(JSON.stringify(root));
}

const isParent = (value: Json | undefined): value is Parent => typeof value === "object" && value !== null;

const valueAt = ({ parent, key }: Place): Json | undefined => (parent as { [key: string]: Json })[key]; // arrays have keys too

function put({ parent, key }: Place, value: Json): void {
  (parent as { [key: string]: Json })[key] = value; // arrays have keys too
}

function placesIn(parent: Parent): Place[] {
  return Object.entries(parent).flatMap(([key, value]) => [{ parent, key }, ...(isParent(value) ? placesIn(value) : [])]);
}

function damage(random: Random, place: Place, other: Place): void {
  const value = valueAt(place);
  const choice = random();
  if (choice < 0.05) put(place, structuredClone(valueAt(other)) ?? null);
  else if (choice < 0.1) put(place, pick<Json>(random, [null, true, "7", "", [], {}, 1, [1, 2, 3]]));
  else if (choice < 0.13 && !Array.isArray(place.parent)) delete place.parent[place.key];
  else if (Array.isArray(value)) damageArray(random, value);
  else if (typeof value === "number") put(place, damageNumber(random, value));
  else if (typeof value === "boolean") put(place, !value);
  else if (typeof value === "string") put(place, pick(random, WORDS));
  else if (value === null) put(place, pick(random, EXTREMES));
  else if (value !== undefined) value.unknown = 1;
}

/** Kinds, sides, inputs and names that a manifest can hold, some in a place where they belong. */
const WORDS = [
  "context",
  "candidate",
  "embedding",
  "value",
  "mean",
  "indicator",
  "vector",
  "numeric",
  "text",
  "log",
  "",
  "colour",
];

function damageNumber(random: Random, value: number): number {
  const near = [value + 1, value - 1, value * 2, value / 2, -value, value * 1e20, value * 1e-20, value + 0.5];
  return random() < 0.5 ? pick(random, near) : pick(random, EXTREMES);
}

function damageArray(random: Random, array: Json[]): void {
  const at = below(random, array.length);
  const one = structuredClone(array[at]) ?? 1;
  const choice = below(random, 5);
  if (choice === 0) array.splice(at, 1);
  else if (choice === 1) array.splice(at, 0, one);
  else if (choice === 2) array.reverse();
  else if (choice === 3) array.length = at;
  else array.push(...Array.from({ length: 1 + below(random, 40) }, () => structuredClone(one)));
}

const MOST_WEIGHTS = 20_000;

/** A manifest that can still be read, with weights of the shapes that it asks for: what is odd and yet sound has to score. */
export function mutateModel(random: Random, { manifest }: Artifact, seed: number): Artifact {
  for (;;) {
    const damaged = mutateManifest(random, manifest);
    const model = readModel(damaged);
    if (!model) continue;
    const { weights } = artifactOf(model.featureMap, model.architecture, seed, random() < 0.5);
    return { manifest: damaged, weights };
  }
}

/** Null where the manifest is refused before weights are looked at, or asks for more of them than a test should write. */
function readModel(manifest: unknown): Pick<Manifest, "featureMap" | "architecture"> | null {
  let model: Manifest;
  try {
    model = parseManifest(manifest);
  } catch (error) {
    if (error instanceof CodedError) return null;
    throw error;
  }
  const { featureMap, architecture } = model;
  const width = inputWidth(layoutFields(featureMap, architecture.embeddingDimension));
  const layers = (["cross", "mlp"] as const).flatMap((term) => layerShapes(term, architecture, width));
  const table = featureMap.rowCount * architecture.embeddingDimension;
  return layers.reduce((sum, { inputs, outputs }) => sum + inputs * outputs, table) < MOST_WEIGHTS ? model : null;
}
