// Raw values, as JSON or a data file gives them, read as what a field wants: an id, a number, a list.

/**
 * The id that a value names, or null where it is missing: null, undefined, empty text, NaN, infinity, lists and objects.
 * Numbers and booleans are named by `String`, so that 7 in JSON and `7` in a CSV file are the same id.
 *
 * @example readId(7); // "7"
 */
export function readId(value: unknown): string | null {
  switch (typeof value) {
    case "string":
      return value === "" ? null : value;
    case "number":
      return Number.isFinite(value) ? String(value) : null;
    case "boolean":
    case "bigint":
      return String(value);
    default:
      return null;
  }
}

/**
 * The number that a value is or spells, or NaN where it is missing: what is no number, and what f32 cannot hold.
 * Booleans are 1 and 0.
 *
 * @example readNumber(" 1.5e3 "); // 1500
 * @example readNumber(""); // NaN
 */
export function readNumber(value: unknown): number {
  const number = toNumber(value);
  return Number.isFinite(Math.fround(number)) ? number : Number.NaN;
}

function toNumber(value: unknown): number {
  switch (typeof value) {
    case "number":
      return value;
    case "string":
      return value.trim() === "" ? Number.NaN : Number(value);
    case "boolean":
    case "bigint":
      return Number(value);
    default:
      return Number.NaN;
  }
}

const NOTHING: readonly unknown[] = [];

/**
 * A list of raw elements: an array as it is, text split at `separator`, any other scalar alone, and nothing where missing.
 *
 * @example readList("a|b", "|"); // ["a", "b"]
 */
export function readList(value: unknown, separator: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (typeof value === "string") return value === "" ? NOTHING : value.split(separator);
  return value === null || value === undefined || typeof value === "object" ? NOTHING : [value];
}

/** Whether a value is an object of id -> weight. */
export function isWeighted(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * The raw ids that a multi-valued field keeps of a value: the first `maxLength` of a list, or of an object's keys.
 *
 * @example selectFirst({ jazz: 0.5, rock: 0.1 }, "|", 1); // ["jazz"]
 */
export function selectFirst(value: unknown, separator: string, maxLength: number): readonly unknown[] {
  const list = isWeighted(value) ? Object.keys(value) : readList(value, separator);
  return list.length > maxLength ? list.slice(0, maxLength) : list;
}

/**
 * The raw ids that a sequence keeps of a value: the last `maxLength` of a list, which are the newest.
 *
 * @example selectLast("a|b|c", "|", 2); // ["b", "c"]
 */
export function selectLast(value: unknown, separator: string, maxLength: number): readonly unknown[] {
  const list = readList(value, separator);
  return list.length > maxLength ? list.slice(-maxLength) : list;
}
