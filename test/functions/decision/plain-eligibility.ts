// Eligibility as one would explain it, one candidate at a time and question after question: what the sets of bits must agree with.
import type { Candidate } from "../../../functions/catalog/catalog-index.ts";
import type { AudienceFacts } from "../../../shared/catalog/audience.ts";
import type { DropReason } from "../../../shared/catalog/reasons.ts";
import type { Placement } from "../../../shared/catalog/supply.ts";
import type { DayPart, Match } from "../../../shared/catalog/targeting.ts";

type Matcher = (asked: string, named: string) => boolean;

const equal: Matcher = (asked, named) => asked === named;
const below =
  (separator: string): Matcher =>
  (asked, named) =>
    asked === named || asked.startsWith(named + separator);
const subdomain: Matcher = (asked, named) => asked === named || asked.endsWith(`.${named}`);
const category: Matcher = (asked, named) => asked === named || (asked.startsWith("iab") && asked.startsWith(`${named}-`));

const lower = (texts: readonly (string | undefined)[]) =>
  texts.flatMap((text) => (text === undefined ? [] : [text.trim().toLowerCase()]));

function passes(match: Match | undefined, asked: readonly (string | undefined)[], matcher = equal): boolean {
  const names = (list: readonly string[]) => lower(list).some((named) => lower(asked).some((one) => matcher(one, named)));
  return (!match?.anyOf || names(match.anyOf)) && !(match?.noneOf && names(match.noneOf));
}

function isOpen(dayParts: readonly DayPart[], timeZone: string, nowMs: number): boolean {
  if (dayParts.length === 0) return true;
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    weekday: "short",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  const shown = Object.fromEntries(format.formatToParts(nowMs).map(({ type, value }) => [type, value]));
  const weekday = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"].indexOf(shown.weekday ?? "");
  const minute = Number(shown.hour) * 60 + Number(shown.minute);
  return dayParts.some((part) => part.weekdays.includes(weekday) && part.fromMinute <= minute && minute < part.toMinute);
}

/** The first reason against a candidate of the catalog, or null. */
export function plainReason(
  { supply }: Candidate,
  { url, keywords, segments, categories, keyValues, consents, language, geo, device }: AudienceFacts,
  placement: Placement | null,
  nowMs: number,
): DropReason | null {
  if (!supply) return null;
  const { advertiser, campaign, flight, creative } = supply;
  const { targeting: aim, startMs, endMs } = flight;
  const page = url === undefined ? undefined : new URL(url);
  const { content } = creative;
  const { kinds, sizes, blocks } = placement ?? {};
  const shownCategories = lower([...creative.categories, ...advertiser.categories]);
  const blockedCategories = lower(blocks?.categories ?? []);
  const checks: [DropReason, boolean][] = [
    ["advertiser_paused", advertiser.status === "paused"],
    ["campaign_paused", campaign.status === "paused"],
    ["flight_paused", flight.status === "paused"],
    ["creative_paused", creative.status === "paused"],
    ["flight_not_started", startMs !== null && nowMs < startMs],
    ["flight_ended", endMs !== null && nowMs >= endMs],
    ["day_part_closed", !isOpen(flight.dayParts, campaign.timeZone, nowMs)],
    ["country_mismatch", !passes(aim.countries, [geo?.country])],
    ["region_mismatch", !passes(aim.regions, [geo?.region])],
    ["city_mismatch", !passes(aim.cities, [geo?.city])],
    ["device_mismatch", !passes(aim.devices, [device?.type])],
    ["operating_system_mismatch", !passes(aim.operatingSystems, [device?.os])],
    ["browser_mismatch", !passes(aim.browsers, [device?.browser])],
    ["language_mismatch", !passes(aim.languages, [language], below("-"))],
    ["keyword_mismatch", !passes(aim.keywords, keywords ?? [])],
    ["segment_mismatch", !passes(aim.segments, segments ?? [])],
    ["category_mismatch", !passes(aim.categories, categories ?? [], category)],
    ["domain_mismatch", !passes(aim.domains, [page?.hostname], subdomain)],
    ["url_mismatch", !passes(aim.urlPrefixes, [page && page.hostname + page.pathname], below("/"))],
    ["key_value_mismatch", Object.entries(aim.keyValues ?? {}).some(([key, match]) => !passes(match, keyValues?.[key] ?? []))],
    ["consent_missing", (aim.consents ?? []).some((purpose) => !consents?.includes(purpose))],
    ["site_mismatch", !passes(aim.sites, [placement?.siteId ?? undefined])],
    ["placement_mismatch", !passes(aim.placements, [placement?.id])],
    ["kind_mismatch", kinds !== undefined && !kinds.includes(content.kind)],
    [
      "size_mismatch",
      content.kind !== "native" &&
        sizes !== undefined &&
        !sizes.some(({ widthPx, heightPx }) => content.widthPx === widthPx && content.heightPx === heightPx),
    ],
    ["advertiser_blocked", lower(blocks?.advertiserDomains ?? []).some((one) => subdomain(advertiser.domain ?? "", one))],
    ["category_blocked", shownCategories.some((shown) => blockedCategories.some((blocked) => category(shown, blocked)))],
    ["attribute_blocked", creative.attributes.some((attribute) => blocks?.attributes?.includes(attribute))],
  ];
  return checks.find(([, fails]) => fails)?.[0] ?? null;
}
