// UTF-8 in borrowed room is UTF-8, and whoever signs has it for long enough.
import fc from "fast-check";
import { expect, it } from "vitest";
import { borrowUtf8 } from "../../../shared/access/borrowed-utf8.ts";
import { importHmacKey, openText, signText } from "../../../shared/access/signed-text.ts";

/** Texts of one to three bytes a character, with halves of pairs, around what the room holds. */
const texts = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom("\ud800", "a\udc00b"),
  fc.tuple(fc.constantFrom("a", "é", "€", "🦊"), fc.integer({ min: 2000, max: 9000 })).map(([one, count]) => one.repeat(count)),
);

it("is what an encoder gives", () => {
  fc.assert(
    fc.property(texts, (text) => {
      expect(Buffer.compare(borrowUtf8(text), new TextEncoder().encode(text))).toBe(0);
    }),
  );
});

it("texts that are signed and opened at the same time are each signed and opened as themselves", async () => {
  const key = await importHmacKey("a secret");
  const bodies = Array.from({ length: 20 }, (_, index) => `${index}`.repeat(300));
  const signed = await Promise.all(bodies.map((body) => signText(body, key)));
  const opened = await Promise.all(signed.map((text) => openText(text, key)));
  expect(opened.map(({ body }) => body)).toEqual(bodies);
  for (const [index, body] of bodies.entries()) expect(signed[index]).toBe(await signText(body, key));
});
