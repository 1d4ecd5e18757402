// How a request sees to its campaigns' lines behind its response: all of them on one timer.
import { type Attendant, CALL_MS, type CampaignLine, type LineOptions } from "./campaign-line.ts";

/** `waitUntil` ends 30 s after the response; a last call may still take `CALL_MS`. */
const LINGER_MS = 20_000;

/** Calls that one request begins at once: many lines fall due together, and the ledgers that answer may all be near. */
const MOST_CALLS = 4;

/** Other requests may make something due earlier: whoever attends looks again after this time. What is due a little later can wait for it. */
const LOOK_MS = 1000;
const LEAST_WAIT_MS = 50;

/** Calls whenever something is due, until nothing is, or later requests have taken over. Lines that others attend are theirs. Never rejects. */
export async function attend(
  lines: readonly CampaignLine[],
  { nowMs, wait }: Pick<LineOptions, "nowMs" | "wait">,
): Promise<void> {
  const mine: Attendant = { sinceMs: nowMs() };
  for (const line of lines) if (!line.isAttended(mine.sinceMs)) line.attendant = mine;
  const calls = new Set<Promise<void>>();
  const call = (line: CampaignLine) => {
    const one = line.call();
    calls.add(one);
    one.finally(() => calls.delete(one));
  };
  while (nowMs() - mine.sinceMs < LINGER_MS) {
    const waitMs = callDue(lines, mine, nowMs(), call);
    if (waitMs === null) break;
    await (calls.size > 0 ? Promise.race([Promise.all(calls), wait(LOOK_MS)]) : wait(waitMs));
  }
  for (const line of lines) if (line.attendant === mine) line.attendant = null;
  if (calls.size > 0) await Promise.race([Promise.all(calls), wait(CALL_MS)]);
}

/** Calls those that have something to say; says when to look again, or null where nobody is left. */
function callDue(
  lines: readonly CampaignLine[],
  mine: Attendant,
  nowMs: number,
  call: (line: CampaignLine) => void,
): number | null {
  let waitMs: number | null = null;
  let callCount = 0;
  for (const line of lines) {
    if (line.attendant !== mine) continue;
    const dueMs = line.isCalling(nowMs) ? nowMs + LOOK_MS : line.nextDueMs();
    if (dueMs === null) {
      line.attendant = null;
      continue;
    }
    waitMs = Math.min(waitMs ?? LOOK_MS, Math.max(dueMs - nowMs, LEAST_WAIT_MS));
    if (dueMs <= nowMs && callCount < MOST_CALLS) {
      callCount++;
      call(line);
    }
  }
  return waitMs;
}
