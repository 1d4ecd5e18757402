// HTML by tagged template: whatever is put in is escaped, but for what was made here.

/** Markup that may stand in a page as it is. */
export interface Html {
  readonly markup: string;
}

type Value = string | number | null | Html | readonly Html[];

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

export const escapeHtml = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? "");

/**
 * Null is nothing at all; lists of markup are joined.
 *
 * @example html`<b title="${'"'}">${"a < b"}</b>`.markup; // <b title="&quot;">a &lt; b</b>
 */
export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Html {
  const markup = strings.reduce((text, string, index) => text + markupOf(values[index - 1] ?? null) + string);
  return { markup };
}

function markupOf(value: Value): string {
  if (value === null) return "";
  if (typeof value !== "object") return escapeHtml(String(value));
  return "markup" in value ? value.markup : value.map(({ markup }) => markup).join("");
}

/** Text that needs no escaping, e.g. a style sheet of ours. */
export const trusted = (markup: string): Html => ({ markup });
