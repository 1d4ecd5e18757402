// The small pieces that all parts of a catalog are made of: ids, states, times, sizes, money.
import * as v from "valibot";
import { int } from "../schemas/numbers.ts";
import { strictObject } from "../schemas/objects.ts";
import { shortcut } from "../schemas/shortcut.ts";

const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
export const Id = shortcut(
  v.pipe(v.string(), v.regex(ID, "letters, digits, dot, hyphen, underscore; at most 64")),
  (value) => typeof value === "string" && ID.test(value),
);

export const Status = v.picklist(["active", "paused"]);

/** Milliseconds since 1970, UTC. */
export const TimeMs = v.pipe(int, v.minValue(0));

/** Millionths of the account's currency; always an integer. */
export const Micros = v.pipe(int, v.minValue(0));

const sizePx = v.pipe(int, v.minValue(1), v.maxValue(10_000));
export const Size = strictObject({ widthPx: sizePx, heightPx: sizePx });
export type Size = v.InferOutput<typeof Size>;

/** @example sizeText({ widthPx: 300, heightPx: 250 }); // "300x250" */
export const sizeText = ({ widthPx, heightPx }: Size): string => `${widthPx}x${heightPx}`;

/** A share of all, in (0, 1). */
export const Share = v.pipe(v.number(), v.gtValue(0), v.ltValue(1));

/** An IANA time zone, `Europe/Berlin`. Whether the runtime knows it is asked when a catalog is compiled. */
export const TimeZone = v.pipe(v.string(), v.regex(/^[A-Za-z][A-Za-z0-9+_/-]{0,63}$/, "an IANA time zone, Europe/Berlin"));

/** An IAB Content Category, `IAB2-3`, or any label of a publisher's own. */
export const Category = v.pipe(v.string(), v.minLength(1), v.maxLength(64));
