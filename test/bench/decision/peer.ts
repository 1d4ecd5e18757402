// What is compared with: a Hono app that reads the same body with the same schema, and echoes it. It decides nothing.
import { Hono } from "hono/tiny";
import { readJsonBody } from "../../../functions/routes/body.ts";
import { DecisionRequest } from "../../../shared/schemas/decisions.ts";

const app = new Hono().post("/v1/decisions", async (context) => context.json(await readJsonBody(context, DecisionRequest)));

export default { fetch: app.fetch };
