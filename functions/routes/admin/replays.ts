// POST /admin/v1/replays: a decision made again from its record, with an explanation. Changes nothing.
import { Hono } from "hono/tiny";
import { ReplayRequest, replayDecision } from "../../admin/replay.ts";
import { readJsonBody } from "../body.ts";
import type { AdminContext } from "./context.ts";

export function replayRoutes() {
  return new Hono<AdminContext>().post("/admin/v1/replays", async (context) => {
    const request = await readJsonBody(context, ReplayRequest);
    return context.json(await replayDecision(request, context.var.admin));
  });
}
