// The Durable Object of one subject: what it has seen, for frequency caps, and for hardly longer than a cap can see it.
import { DurableObject } from "cloudflare:workers";
import type { SeenViews } from "../../shared/catalog/views-left.ts";
import { createSubject, readSubject, writeSubject } from "./stored-state.ts";
import { toColumns, type ViewColumns } from "./view-columns.ts";
import { type Hold, holdSlots, neededUntilMs, type ShownViews, settleViews } from "./views.ts";

/** What is needed no more is deleted this much later at most: each hold would move the alarm otherwise, which costs a write. */
const ALARM_STEP_MS = 3_600_000;

/** `SeenViews`, as they travel. */
export interface SeenColumns extends Omit<SeenViews, "seenMs"> {
  readonly views: ViewColumns;
}

/** Callers pass their time, `nowMs`; in the object it never goes back. Every method is one synchronous step: none sees another's half. */
export class SubjectViews extends DurableObject<unknown> {
  #state = readSubject(this.ctx.storage.kv);
  /** How long the alarm covers, by the callers' time. It is in memory: an object that woke up sets its alarm once more. */
  #coveredUntilMs = 0;

  /** Holds slots, and says what was seen: see `holdSlots`. */
  hold(requestId: string, wanted: Omit<Hold, "heldMs">, nowMs: number): SeenColumns | null {
    const held = holdSlots(this.#state, requestId, wanted, nowMs);
    writeSubject(this.ctx.storage.kv, this.#state);
    this.#coverRetention(wanted.windowMs);
    return held && { ...held, views: toColumns(this.#state.views) };
  }

  /** What was shown of a hold; the rest of it is free again: see `settleViews`. */
  settle(requestId: string, shown: readonly ShownViews[], nowMs: number): void {
    settleViews(this.#state, requestId, shown, nowMs);
    writeSubject(this.ctx.storage.kv, this.#state);
  }

  /** Deletes everything that is known of the subject. */
  async forget(): Promise<void> {
    const { clockMs, forgottenMs } = this.#state;
    this.#state = { ...createSubject(), clockMs, forgottenMs };
    this.#coveredUntilMs = 0;
    await this.ctx.storage.deleteAlarm();
    await this.ctx.storage.deleteAll();
  }

  /** The longest window has passed. A hold that came while the alarm was on its way has set another. */
  override async alarm(): Promise<void> {
    if ((await this.ctx.storage.getAlarm()) === null) await this.forget();
  }

  /** By how long from now, not by the callers' time of day: their clocks may differ from ours. What was there before may be needed longer. */
  #coverRetention(windowMs: number): void {
    if (this.#state.clockMs + windowMs <= this.#coveredUntilMs) return;
    this.#coveredUntilMs = neededUntilMs(this.#state) + ALARM_STEP_MS;
    this.ctx.waitUntil(this.ctx.storage.setAlarm(Date.now() + this.#coveredUntilMs - this.#state.clockMs));
  }
}
