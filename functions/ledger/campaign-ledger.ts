// The Durable Object that keeps the book of one campaign. It has a turn for every message, and answers when what changed is stored.
import { DurableObject } from "cloudflare:workers";
import { dayBounds } from "../../shared/catalog/zone.ts";
import { type Book, LEDGER_RULES, type Turn } from "./book.ts";
import { type Billed, type Charge, charge } from "./charge.ts";
import { type ExchangeRequest, exchange, type Grant } from "./exchange.ts";
import { type LedgerRows, openLedgerRows } from "./ledger-rows.ts";
import { openTurn } from "./turn.ts";

export interface ExchangeAnswer {
  readonly grants: Grant[];
  /** Leases that were settled now, because their isolates never came back. */
  readonly doubted: number;
}

/**
 * One object a campaign, by `getByName(campaignId)`. A message is handled without awaiting anything, so that no two are ever in the book
 * at once; the runtime holds an answer back until its writes are durable. Nothing happens by itself: what has expired is settled when the
 * next message comes, so that no alarm is needed.
 *
 * @example const { grants } = await env.CAMPAIGN_LEDGER.getByName("campaign-1").exchange(request);
 */
export class CampaignLedger extends DurableObject {
  readonly #rows: LedgerRows;
  #book: Book | null = null;

  constructor(context: DurableObjectState, env: Cloudflare.Env) {
    super(context, env);
    this.#rows = openLedgerRows(context.storage.sql);
  }

  exchange(request: ExchangeRequest): ExchangeAnswer {
    return this.#turn(request.nowMs, (turn) => ({ grants: exchange(turn, request), doubted: turn.doubted }));
  }

  charge(request: Charge): Billed {
    const knownMicros = this.#rows.billedMicros(request.eventId);
    const billed = this.#turn(request.nowMs, (turn) => charge(turn, request, knownMicros));
    if (knownMicros === null) this.#rows.saveCharge(request.eventId, billed.billedMicros, request.nowMs);
    return billed;
  }

  /** The whole book, for people who ask where a budget is. */
  read(): Book {
    return this.#rows.load();
  }

  /**
   * What is written without awaiting in between is stored together or not at all. Of a turn that fails nothing stays: nothing was written
   * yet, and the book in memory is forgotten.
   */
  #turn<T>(nowMs: number, act: (turn: Turn) => T): T {
    const book = this.#book ?? this.#rows.load();
    this.#book = null;
    const turn = openTurn(book, nowMs, LEDGER_RULES, dayBounds);
    const answer = act(turn);
    this.#rows.save(turn);
    this.#book = book;
    return answer;
  }
}
