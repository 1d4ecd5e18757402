// Reading event objects back: the hours that were asked for, whole lines, and an error rather than a gap.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventKey } from "../../../shared/artifact/keys.ts";
import { CodedError } from "../../../shared/schemas/coded-error.ts";
import { downloadEvents } from "../../../training/dataset/events.ts";
import { MemoryStore } from "../../memory-store.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "selvedge-events-"));
});
afterAll(() => rm(folder, { recursive: true }));

const at = (time: string): number => Date.parse(time);

async function storeWith(objects: Readonly<Record<string, string>>): Promise<MemoryStore> {
  const store = new MemoryStore();
  for (const [key, text] of Object.entries(objects)) await store.put(key, new TextEncoder().encode(text), null);
  return store;
}

async function download(store: Pick<MemoryStore, "get" | "list">, since: string, until: string) {
  const file = join(folder, "events.ndjson");
  const counts = await downloadEvents(store, { sinceMs: at(since), untilMs: at(until) }, file);
  return { counts, text: await readFile(file, "utf8") };
}

describe("downloading events", () => {
  it("takes the hours of the range, both ends included, over midnight", async () => {
    const hours = ["2026-11-22T21:00Z", "2026-11-22T22:00Z", "2026-11-22T23:00Z", "2026-11-23T00:00Z", "2026-11-23T01:00Z"];
    const store = await storeWith(Object.fromEntries(hours.map((hour) => [eventKey(at(hour), "batch"), `"${hour}"\n`])));
    const { counts, text } = await download(store, "2026-11-22T22:59Z", "2026-11-23T00:01Z");
    expect(text).toBe('"2026-11-22T22:00Z"\n"2026-11-22T23:00Z"\n"2026-11-23T00:00Z"\n');
    expect(counts).toEqual({ objects: 3, sizeBytes: text.length, vanished: 0 });
  });

  it("ends every object's last line, and leaves empty objects empty", async () => {
    const hour = at("2026-11-23T07:00Z");
    const store = await storeWith({ [eventKey(hour, "a")]: "1", [eventKey(hour, "b")]: "", [eventKey(hour, "c")]: "2\n3" });
    expect((await download(store, "2026-11-23T07:00Z", "2026-11-23T07:10Z")).text).toBe("1\n2\n3\n");
  });

  it("leaves alone what is not a batch of events", async () => {
    const store = await storeWith({
      "events/rejected/date=2026-11-23/hour=07/a.ndjson": "poison\n",
      "events/date=2026-11-23/hour=07/a.ndjson.tmp": "half\n",
      "events/date=2026-11-23/notes.txt": "notes\n",
      [eventKey(at("2026-11-23T07:00Z"), "a")]: "1\n",
    });
    expect((await download(store, "2026-11-23T07:00Z", "2026-11-23T07:10Z")).text).toBe("1\n");
  });

  it("counts objects that vanish between listing and reading", async () => {
    const store = await storeWith({
      [eventKey(at("2026-11-23T07:00Z"), "a")]: "1\n",
      [eventKey(at("2026-11-23T07:00Z"), "b")]: "2\n",
    });
    const get = async (key: string) => (key.endsWith("a.ndjson") ? null : store.get(key));
    const { counts, text } = await download(
      { get, list: (prefix) => store.list(prefix) },
      "2026-11-23T07:00Z",
      "2026-11-23T07:10Z",
    );
    expect([text, counts]).toEqual(["2\n", { objects: 1, sizeBytes: 2, vanished: 1 }]);
  });

  it("fails when one of many objects cannot be read", async () => {
    const hour = at("2026-11-23T07:00Z");
    const store = await storeWith(
      Object.fromEntries(Array.from({ length: 60 }, (_, index) => [eventKey(hour, `b${index}`), "1\n"])),
    );
    const get = async (key: string) => {
      if (key === eventKey(hour, "b40")) throw new CodedError("store_timeout", key, "no answer");
      return store.get(key);
    };
    const failing = { get, list: (prefix: string) => store.list(prefix) };
    await expect(download(failing, "2026-11-23T07:00Z", "2026-11-23T07:10Z")).rejects.toMatchObject({ code: "store_timeout" });
  });
});
