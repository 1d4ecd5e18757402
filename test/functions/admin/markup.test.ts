// An ad's HTML: attacks are refused, real banners pass, and what is kept has one reading only.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkMarkup } from "../../../functions/admin/markup.ts";
import { HARMLESS_ONCE_WRITTEN, HOSTILE_MARKUP } from "./hostile-markup.ts";

const BANNER = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="ad.size" content="width=300,height=250"><title>Spring</title>
<style>
  /* the box moves in */
  .box > p { color: #fff; background: linear-gradient(90deg, rgba(0, 0, 0, .5), transparent); animation: in 1s steps(4) }
  @keyframes in { from { transform: translateX(-100%) } to { transform: none } }
  @media (max-width: 320px) { .box { width: calc(100% - 8px) } }
</style></head>
<body><!-- made by hand -->
<a href="{clickUrl}" target="_blank" rel="noopener" class="box" data-id="7"><img src="https://cdn.example/a.png?w=300&h=250"
 srcset="https://cdn.example/a.png 1x, https://cdn.example/a2.png 2x" width=300 height=250 alt='10 % off "all"'>
<p style="font: bold 14px 'Arial'; text-align:center">Shoes &amp; hats &lt; 50 &euro;<br>only today</p></a>
<img src="{impressionUrl}" width="1" height="1" alt="">
<img src="https://px.example/i?cb={random}&p={placementId}" style="display:none" alt="">
<table cellpadding=0 border=0><tr><td align=center>a<td>b</table><ul><li>one<li>two</ul>
<video autoplay muted loop playsinline poster="https://cdn.example/p.jpg"><source src="https://cdn.example/v.mp4" type="video/mp4"></video>
</body></html>`;

const refusalOf = async (html: string) => (await checkMarkup(html)).problems[0]?.code;

describe("checkMarkup", () => {
  it.each(HOSTILE_MARKUP)("refuses %s", async (html) => {
    expect(await refusalOf(html)).toBe("markup_refused");
    expect((await checkMarkup(`<div>before ${html}`)).html).toBe("");
  });

  it.each(HARMLESS_ONCE_WRITTEN)("writes %s as text", async (html, written) => {
    expect(await checkMarkup(html)).toEqual({ html: written, problems: [] });
  });

  it("takes a real banner, without its frame, its comments and what is on no list", async () => {
    const { html, problems } = await checkMarkup(BANNER);
    expect(problems).toEqual([]);
    expect(html).toContain('<a href="{clickUrl}" target="_blank" rel="noopener" class="box">');
    expect(html).toContain(
      '<img src="https://cdn.example/a.png?w=300&h=250" srcset="https://cdn.example/a.png 1x, https://cdn.ex',
    );
    expect(html).toContain('alt="10 % off &quot;all&quot;"');
    expect(html).toContain(".box > p { color: #fff;");
    expect(html).toContain("Shoes &amp; hats &lt; 50 &euro;<br>only today");
    expect(html).toContain('<tr><td align="center">a<td>b</table><ul><li>one<li>two</ul>');
    for (const gone of ["doctype", "<html", "<body", "<meta", "Spring", "made by hand", "data-id"])
      expect(html).not.toContain(gone);
  });

  it("says where in the markup something stands, and finds all of it", async () => {
    const { problems } = await checkMarkup("<p>a</p><script>1</script><img src=https://a.example onerror=x>");
    expect(problems.map(({ detail }) => detail.slice(0, 45))).toEqual([
      "<script> (at element 2); take it out: an ad s",
      "the attribute onerror of <img> (at element 3)",
    ]);
  });

  it("knows its macros, and where they may not stand", async () => {
    expect(await refusalOf('<a href="https://a.example/?p={price}">x</a>')).toBe("macro_unknown");
    expect(await refusalOf("<p>{nobody}</p>")).toBe("macro_unknown");
    expect(await refusalOf('<a href="https://a.example/?to={clickUrl}">x</a>')).toBe("macro_misplaced");
    expect(await refusalOf('<a href="https://{placementId}.example/">x</a>')).toBe("macro_misplaced");
    expect(await refusalOf("<style>a{color:red;{random}}</style>")).toBe("macro_misplaced");
    expect(await refusalOf('<p style="width:{random}px">x</p>')).toBe("macro_misplaced");
    expect(await refusalOf("<p>{decisionId} { not one } {}</p>")).toBeUndefined();
  });

  it("writes what it has written as it stands, whatever it was", async () => {
    const pieces = fc.constantFrom(
      ..."<b> </b> <p class=x> </p> <div> </div> <a href=https://a.example/?a=1&b=2> </a> <img src=https://a.example> <li> <td> <!-- --> <! > < & ' \" &lt; &amp; = / x".split(
        " ",
      ),
      "<style>a>b{color:red}</style>",
    );
    const property = fc.asyncProperty(fc.array(pieces, { maxLength: 30 }), async (parts) => {
      const { html, problems } = await checkMarkup(parts.join(" "));
      if (problems.length === 0) expect(await checkMarkup(html)).toEqual({ html, problems: [] });
    });
    await fc.assert(property, { numRuns: 500 });
  });

  it("lets nothing through that is on no list, however tags and attributes are broken", async () => {
    const pieces = fc.constantFrom(
      ..."< > / = \" ' ` <!-- --> <script <svg <style </style> onerror=alert(1) <img src=x <a href= javascript: <p title= <b </b> <math <!doctype &lt; \t x".split(
        " ",
      ),
    );
    const property = fc.asyncProperty(fc.array(pieces, { maxLength: 25 }), async (parts) => {
      const { html } = await checkMarkup(parts.join(""));
      const tags: string[] = [];
      const outside = {
        element: ({ tagName, attributes }: Element) => void tags.push(tagName, ...[...attributes].map(([name]) => `${name}`)),
      };
      await new HTMLRewriter().on("*", outside).transform(new Response(html)).text();
      expect(tags.filter((name) => /^on|script|svg|math/.test(name))).toEqual([]);
    });
    await fc.assert(property, { numRuns: 1000 });
  });
});
