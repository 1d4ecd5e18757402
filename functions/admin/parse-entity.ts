// What an editor sent -> an entity that may be stored: safe, of its schema, and without contradictions in itself.
import { CATALOG_VERSION, type Catalog } from "../../shared/catalog/catalog.ts";
import { findContradictions } from "../../shared/catalog/check-catalog.ts";
import { CodedError, type Problem, parse } from "../../shared/schemas/coded-error.ts";
import { makeCreativeSafe } from "./creative-safety.ts";
import { ENTITIES, type Entity, KINDS, type Kind } from "./entities.ts";

/** What can be known of an entity by itself. References are D1's, and of the whole catalog when it is published. */
const OWN_CODES = new Set(["time_zone_unknown", "flight_empty", "day_part_empty"]);

/** Throws `CodedError`: those of `makeCreativeSafe`, the schema's, `time_zone_unknown`, `flight_empty`, `day_part_empty`. */
export async function parseEntity(kind: Kind, body: unknown): Promise<Entity> {
  const safe = kind === "creatives" ? await makeCreativeSafe(body, "") : body;
  const entity = parse(ENTITIES[kind].schema, safe) as Entity; // all of an object's fields, whichever schema it was
  const problems = findOwnProblems(kind, entity);
  const [first] = problems;
  if (first) throw new CodedError(first.code, first.path, first.detail, problems);
  return entity;
}

/** Looked for in a catalog of this entity alone. */
function findOwnProblems(kind: Kind, entity: Entity): Problem[] {
  const lists = Object.fromEntries(KINDS.map((name) => [name, name === kind ? [entity] : []]));
  const alone = { formatVersion: CATALOG_VERSION, tiers: [], ...lists } as unknown as Catalog; // settings have no contradictions
  const root = `catalog.${kind}[0].`;
  return findContradictions(alone)
    .filter(({ code }) => OWN_CODES.has(code))
    .map((problem) => ({ ...problem, path: problem.path.replace(root, "") }));
}

/** A catalog's creatives as they may be served; the rest as it is. Throws `CodedError` as `makeCreativeSafe`. */
export async function makeCatalogSafe(document: unknown): Promise<unknown> {
  if (typeof document !== "object" || document === null || !("creatives" in document)) return document;
  const { creatives } = document;
  if (!Array.isArray(creatives)) return document;
  const safe: unknown[] = [];
  for (const [index, creative] of creatives.entries()) {
    safe.push(await makeCreativeSafe(creative, `catalog.creatives[${index}]`));
  }
  return { ...document, creatives: safe };
}
