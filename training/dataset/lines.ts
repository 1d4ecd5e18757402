// A text file's lines, in batches, with their numbers.
import { CodedError } from "../../shared/schemas/coded-error.ts";
import { readBytes } from "./bytes.ts";

/** Whole lines without their ends. `firstLine` is the number of the first one, counted from 1. */
export interface LineBatch {
  readonly firstLine: number;
  readonly lines: readonly string[];
}

const MAX_LINE_LENGTH = 1 << 26;

/** UTF-8, with or without a byte order mark; lines end in LF or CRLF, the last one also with the file. */
export async function* readLines(file: string): AsyncGenerator<LineBatch> {
  const decoder = new TextDecoder();
  let firstLine = 1;
  let rest = "";
  for await (const bytes of readBytes(file)) {
    if (firstLine === 1 && rest === "") refuseUtf16(bytes, file);
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > MAX_LINE_LENGTH) {
      const path = `${file}:${firstLine + lines.length}`;
      throw new CodedError("line_too_long", path, `over ${MAX_LINE_LENGTH} characters: is this a text file?`);
    }
    if (lines.length > 0) yield { firstLine, lines: lines.map(withoutReturn) };
    firstLine += lines.length;
  }
  rest += decoder.decode();
  if (rest !== "") yield { firstLine, lines: [withoutReturn(rest)] };
}

const withoutReturn = (line: string): string => (line.endsWith("\r") ? line.slice(0, -1) : line);

function refuseUtf16(bytes: Uint8Array, file: string): void {
  const mark = ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0);
  if (mark !== 0xfffe && mark !== 0xfeff) return;
  throw new CodedError("encoding_unsupported", file, "the file is UTF-16: save it as UTF-8");
}
