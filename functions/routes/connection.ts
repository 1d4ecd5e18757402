// What an HTTP request shows of its reader without saying it: the place that the network saw it come from, the first of its languages,
// its device (Client Hints before the User-Agent), and the page that it was sent from.
import Bowser from "bowser";
import { parseAccept } from "hono/utils/accept";
import * as v from "valibot";
import type { DecisionRequest } from "../../shared/schemas/decisions.ts";
import { WebUrl } from "../../shared/schemas/web-url.ts";

/** What a body may say too. */
export type ConnectionFacts = Pick<DecisionRequest, "url" | "language" | "geo" | "device">;

/** Longer than any name; who sends more made it up. */
const MOST_CHARACTERS = 64;

/** As Cloudflare describes where a request came from; elsewhere there is none. */
interface Origin {
  readonly country?: unknown;
  readonly regionCode?: unknown;
  readonly city?: unknown;
}

/**
 * What is not known is left out, and so is what was said already. Names of devices, systems and browsers are Bowser's: `mobile`,
 * `tablet`, `desktop`, `tv`; `iOS`, `Android`, `Windows`, `macOS`; `Chrome`, `Safari`, `Firefox`, `Microsoft Edge`.
 *
 * @example const audience = audienceOf({ ...connectionFacts(context.req.raw, body), ...body });
 */
export function connectionFacts(request: Request, said: ConnectionFacts): ConnectionFacts {
  const { headers } = request;
  const url = said.url === undefined && readPage(headers);
  const language = said.language === undefined && readLanguage(headers);
  const geo = said.geo === undefined && readOrigin((request.cf ?? {}) as Origin); // its fields are looked at one by one
  const device = said.device === undefined && readDevice(headers);
  return { ...(url && { url }), ...(language && { language }), ...(geo && { geo }), ...(device && { device }) };
}

function readPage(headers: Headers): string | undefined {
  const referer = headers.get("referer");
  return referer !== null && v.is(WebUrl, referer) ? referer : undefined;
}

function readLanguage(headers: Headers): string | undefined {
  const accepted = parseAccept(headers.get("accept-language") ?? "");
  return accepted.find(({ type }) => /^[a-z]/i.test(type))?.type.slice(0, MOST_CHARACTERS);
}

/** Where the country is not known (`XX`) or hidden (`T1`, Tor), the rest is of no use. */
function readOrigin({ country, regionCode, city }: Origin): ConnectionFacts["geo"] {
  if (typeof country !== "string" || !/^[A-Z]{2}$/.test(country) || country === "XX") return undefined;
  return {
    country,
    ...(typeof regionCode === "string" && { region: `${country}-${regionCode}` }),
    ...(typeof city === "string" && { city }),
  };
}

type Device = NonNullable<ConnectionFacts["device"]>;

function readDevice(headers: Headers): Device | undefined {
  const agent = headers.get("user-agent");
  const platform = headers.get("sec-ch-ua-platform")?.replaceAll('"', "").slice(0, MOST_CHARACTERS);
  const device = {
    ...(agent && parseAgent(agent)),
    ...(platform && platform !== "Unknown" && { os: platform }),
    ...(headers.get("sec-ch-ua-mobile") === "?1" && { type: "mobile" }),
  };
  return Object.keys(device).length > 0 ? device : undefined;
}

/** Readers share their User-Agents with many others, and one takes longer to parse than a decision to make. */
const MOST_AGENTS = 500;
const agents = new Map<string, Device>();

function parseAgent(agent: string): Device {
  const known = agents.get(agent);
  if (known) return known;
  const { platform, os, browser } = Bowser.parse(agent);
  const device = {
    ...(platform.type && { type: platform.type }),
    ...(os.name && { os: os.name }),
    ...(browser.name && { browser: browser.name }),
  };
  const [oldest] = agents.keys();
  if (agents.size >= MOST_AGENTS && oldest !== undefined) agents.delete(oldest);
  agents.set(agent, device);
  return device;
}
