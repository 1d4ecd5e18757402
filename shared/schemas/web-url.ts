// Absolute http and https URLs, wherever one is configured or sent.
import * as v from "valibot";

/** The URL parser skips tabs and line breaks, which must not get into a header that carries the URL. */
const WEB_URL = /^https?:\/\/[^\t\r\n]+$/i;

/** Valibot's action, which takes every scheme, with a narrower requirement. */
const isWebUrl: v.UrlAction<string, undefined> = {
  ...v.url(),
  requirement: (text) => WEB_URL.test(text) && URL.canParse(text),
};

/**
 * Text like `https://shop.example/shoes`; spaces around it are dropped.
 *
 * @example parse(WebUrl, "javascript:alert(1)"); // invalid_format
 */
export const WebUrl = v.pipe(v.string(), v.trim(), isWebUrl);
