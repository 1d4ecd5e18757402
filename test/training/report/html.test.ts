// Markup by template: what is put in is escaped.
import fc from "fast-check";
import { expect, it } from "vitest";
import { html, trusted } from "../../../training/report/html.ts";

it("escapes text and numbers, and joins markup as it is", () => {
  expect(html`<b title="${'"'}">${"a < b & 'c'"}</b>${1}${null}${[trusted("<i>"), trusted("</i>")]}`.markup).toBe(
    '<b title="&quot;">a &lt; b &amp; &#39;c&#39;</b>1<i></i>',
  );
});

it("lets no text open a tag or leave an attribute", () => {
  fc.assert(fc.property(fc.string(), (text) => void expect(html`${text}`.markup).not.toMatch(/[<>"']/)));
});
