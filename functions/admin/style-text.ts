// What CSS an ad may bring: what paints and moves its own boxes. What fetches, runs, or reads differently in different parsers is refused.

/** Functions that compute; all others (`url`, `image-set`, `element`, `expression`, `src`) may fetch or run. */
const FUNCTIONS = new Set(
  (
    "attr blur brightness calc clamp color color-mix conic-gradient contrast counter cubic-bezier drop-shadow ellipse env fit-content " +
    "grayscale hsl hsla hue-rotate hwb inset invert lab lch linear-gradient matrix matrix3d max min minmax not nth-child nth-of-type " +
    "oklab oklch opacity perspective polygon circle radial-gradient repeat repeating-linear-gradient repeating-radial-gradient rgb rgba " +
    "rotate rotate3d rotatex rotatey rotatez saturate scale scale3d scalex scaley scalez sepia skew skewx skewy steps translate " +
    "translate3d translatex translatey translatez var and or only is where has"
  ).split(" "),
);

/** `@import` and `@font-face` fetch; `@charset` and `@namespace` change how the rest is read. */
const AT_RULES = new Set(["media", "keyframes", "-webkit-keyframes", "-moz-keyframes", "supports", "container", "layer"]);

const REFUSED: readonly (readonly [RegExp, string])[] = [
  [/\\/, "a backslash, which can spell any word"],
  [/<|-->/, "markup"],
  [/[^\P{Cc}\t\n\r\f]/u, "a control character"],
  [/behaviou?r\s*:|-moz-binding|-o-link|expression|javascript|vbscript/i, "what runs script in some browser"],
];

/**
 * What is wrong with a style sheet or with the declarations of a style attribute, in words; null where nothing is.
 *
 * @example findStyleProblem("background:url(https://x.example)"); // "url(), which is not on the list of functions that only compute"
 */
export function findStyleProblem(text: string): string | null {
  const bare = text.replace(/\/\*[\s\S]*?\*\//g, "");
  if (bare.includes("/*")) return "a comment that does not end";
  return findRefused(text) ?? findRefused(bare); // a comment may split a word, and a string may look like the start of a comment
}

function findRefused(text: string): string | null {
  const [, word] = REFUSED.find(([pattern]) => pattern.test(text)) ?? [];
  if (word !== undefined) return word;
  for (const [, name = ""] of text.matchAll(/([\w-]*)\(/g)) {
    if (name !== "" && !FUNCTIONS.has(name.toLowerCase()))
      return `${name}(), which is not on the list of functions that only compute`;
  }
  for (const [, name = ""] of text.matchAll(/@([\w-]*)/g)) {
    if (!AT_RULES.has(name.toLowerCase())) return `@${name}, which is not on the list of rules that fetch nothing`;
  }
  return null;
}
