// The Durable Object of one subject: what it has seen, for frequency caps, and for no longer than a cap can see it.
import { DurableObject } from "cloudflare:workers";
import { openStoredState, type StoredState } from "./stored-state.ts";
import { holdViews, neededUntilMs, settleViews, type WantedViews } from "./views.ts";

/** Callers pass their time, `nowMs`; in the object it never goes back. Every method is one synchronous step: none sees another's half. */
export class SubjectViews extends DurableObject<unknown> {
  readonly #state: StoredState;
  /** How long the alarm covers, by the callers' time. It is in memory: an object that woke up sets its alarm once more. */
  #coveredUntilMs = 0;

  constructor(context: DurableObjectState, env: unknown) {
    super(context, env);
    this.#state = openStoredState(context.storage.kv);
  }

  /** How many views of each wanted key the request may show, and has now held: see `holdViews`. */
  hold(requestId: string, wanted: readonly WantedViews[], nowMs: number): Map<string, number> {
    const held = holdViews(this.#state, requestId, wanted, nowMs);
    this.#state.save();
    this.#coverRetention();
    return held;
  }

  /** What was shown of a hold, by key; the rest of it is free again: see `settleViews`. */
  settle(requestId: string, shown: ReadonlyMap<string, number>, nowMs: number): void {
    settleViews(this.#state, requestId, shown, nowMs);
    this.#state.save();
  }

  /** Deletes everything that is known of the subject. */
  async forget(): Promise<void> {
    this.#state.clear();
    this.#coveredUntilMs = 0;
    await this.ctx.storage.deleteAlarm();
    await this.ctx.storage.deleteAll();
  }

  /** The longest window has passed. A hold that came while the alarm was on its way has set another. */
  override async alarm(): Promise<void> {
    if ((await this.ctx.storage.getAlarm()) === null) await this.forget();
  }

  /** By how long from now, not by the callers' time of day: their clocks may differ from ours. */
  #coverRetention(): void {
    const untilMs = neededUntilMs(this.#state);
    if (untilMs <= this.#coveredUntilMs) return;
    this.#coveredUntilMs = untilMs;
    this.ctx.waitUntil(this.ctx.storage.setAlarm(Date.now() + untilMs - this.#state.clockMs));
  }
}
