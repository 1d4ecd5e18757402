// The floor does the input and output that it is named for, and no other.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FLOOR_PARTS, type Floor, type FloorPart, floorQuery, startFloor } from "./floor.ts";
import { PLACEMENTS } from "./market.ts";
import { drawBodies } from "./requests.ts";

const [body = ""] = drawBodies(PLACEMENTS);
let floor: Floor;

const ask = (last: FloorPart) =>
  fetch(`${floor.workerd.origin}/v1/decisions${floorQuery(last)}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
  });

beforeAll(async () => {
  floor = await startFloor({ recordBytes: 20, recordsPerMessage: 2.2 });
});

afterAll(() => floor.stop());

describe("the floor", () => {
  it("adds up its parts", () => {
    expect(Object.keys(FLOOR_PARTS).map((part) => floorQuery(part as FloorPart))).toEqual([
      "?parts=tokens",
      "?parts=tokens,message",
      "?parts=tokens,message,hold",
      "?parts=tokens,message,hold,settle",
    ]);
  });

  it.each(Object.keys(FLOOR_PARTS) as FloorPart[])("answers with the body it was sent, up to %s", async (last) => {
    const response = await ask(last);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject(JSON.parse(body));
  });

  it("sends records of the size that it was told, so many a message", async () => {
    const messages = await floor.queue.keepDuring(async () => {
      for (let count = 0; count < 4; count++) await ask("message");
      for (let count = 0; count < 4; count++) await ask("tokens");
    });
    expect(messages.map(({ length }) => length)).toEqual([40, 40]);
  });
});
