// Encoder of text fields: words -> n-grams -> hashed rows, mean-pooled.
import { closeMean, type FieldEncoder } from "./encode-ids.ts";
import type { FittedFieldOf } from "./feature-map.ts";
import { hashText } from "./hash.ts";
import { readId } from "./values.ts";

/** As text: V8 reads a literal's Unicode classes with the script, which was a sixth of the Worker's start. */
const WORD_CHARACTERS = "\\p{L}\\p{M}\\p{N}";
let word: RegExp | undefined;

/**
 * The words of a text: runs of letters, marks and digits of any script, NFKC-normalised (Unicode annex 15), lower-cased.
 *
 * @example readWords("Été ①"); // ["été", "1"]
 */
export function readWords(text: string): readonly string[] {
  word ??= new RegExp(`[${WORD_CHARACTERS}]+`, "gu");
  return text.normalize("NFKC").toLowerCase().match(word) ?? [];
}

/** A list of texts is read as one text. An n-gram is its words with one space between them. */
export function createTextEncoder(field: FittedFieldOf<"text">): FieldEncoder {
  const { firstRow, hashSpace, ngrams, maxTokens } = field;
  return (value, into) => {
    const words = readWords(readText(value)).slice(0, maxTokens);
    for (const size of ngrams) {
      for (let i = 0; i + size <= words.length; i++) {
        const ngram = size === 1 ? (words[i] as string) : words.slice(i, i + size).join(" "); // i < words.length
        into.add(firstRow + 1 + (hashText(ngram) % hashSpace), 1);
      }
    }
    closeMean(firstRow, into);
  };
}

function readText(value: unknown): string {
  return Array.isArray(value) ? value.map((part) => readId(part) ?? "").join(" ") : (readId(value) ?? "");
}
