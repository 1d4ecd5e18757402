// The application over its own fetch, inside workerd.
import { exports } from "cloudflare:workers";
import { expect, it } from "vitest";

const get = (path: string) => exports.default.fetch(`http://edge.test${path}`);

it("is healthy", async () => {
  const response = await get("/healthz");
  expect(response.status).toBe(200);
});

it("answers an unknown route with a problem document", async () => {
  const response = await get("/nothing");
  expect(response.status).toBe(404);
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  expect(await response.json()).toMatchObject({ code: "route_unknown", status: 404 });
});
