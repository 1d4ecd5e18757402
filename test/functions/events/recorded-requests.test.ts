// Real requests to the Worker's own entry, each with an I/O context of its own: records reach the queue though another request sends them.
import { env, exports } from "cloudflare:workers";
import { expect, it, onTestFinished, vi } from "vitest";
import { parse } from "../../../shared/schemas/coded-error.ts";
import { DecisionResponse } from "../../../shared/schemas/decisions.ts";

const { EVENT_QUEUE } = env as unknown as { EVENT_QUEUE: Queue<string> }; // bound in wrangler.toml for the tests

async function decideOnce(): Promise<string> {
  const body = JSON.stringify({ placements: [{ id: "top" }] });
  const headers = { "content-type": "application/json" };
  const response = await exports.default.fetch("http://edge.test/v1/decisions", { method: "POST", headers, body });
  return parse(DecisionResponse, await response.json()).decisionId;
}

it("requests that come together share a message, and each one's record arrives", async () => {
  const send = vi.spyOn(Object.getPrototypeOf(EVENT_QUEUE), "send"); // it sends nonetheless
  onTestFinished(() => send.mockRestore());
  const ids = await Promise.all(Array.from({ length: 20 }, decideOnce));
  const messages = () => send.mock.calls.map(([message]) => String(message));
  const idsIn = (message: string) => ids.filter((id) => message.includes(`"id":"${id}.decision"`));
  await vi.waitFor(() => expect(messages().flatMap(idsIn).sort()).toEqual([...ids].sort()), 10_000);
  expect(messages().filter((message) => idsIn(message).length > 0).length).toBeLessThan(ids.length);
});
