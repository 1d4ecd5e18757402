// The book as rows of a Durable Object's database: one an account, a lease or a charge, so that a lease costs two small writes in one commit.
import type { Account, Book, Lease, Turn } from "./book.ts";
import { createBook } from "./book.ts";

/** A click or a conversion is known by its id for at least this long. */
const CHARGE_MEMORY_MS = 31 * 86_400_000;

/** With each charge, so many of the oldest are looked at: more than come, so that old ones go. */
const FORGET_COUNT = 5;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS account (key TEXT PRIMARY KEY, json TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS lease (id TEXT PRIMARY KEY, json TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS charge (event_id TEXT PRIMARY KEY, billed_micros INTEGER NOT NULL, charged_ms INTEGER NOT NULL);
`;

export interface LedgerRows {
  load(): Book;
  /** Writes what a turn has changed. */
  save(turn: Turn): void;
  /** What an event was billed; null where it is new. */
  billedMicros(eventId: string): number | null;
  saveCharge(eventId: string, billedMicros: number, nowMs: number): void;
}

export function openLedgerRows(sql: SqlStorage): LedgerRows {
  sql.exec(SCHEMA);
  return {
    load() {
      const accounts = sql.exec<{ key: string; json: string }>("SELECT key, json FROM account").toArray();
      const leases = sql.exec<{ id: string; json: string }>("SELECT id, json FROM lease").toArray();
      return restoreBook(
        accounts.map(({ key, json }) => [key, JSON.parse(json) as Account]), // as `save` wrote it
        leases.map(({ id, json }) => [id, JSON.parse(json) as Lease]), // as `save` wrote it
      );
    },
    save({ book, changed }) {
      for (const key of changed.accounts) {
        sql.exec("INSERT OR REPLACE INTO account (key, json) VALUES (?, ?)", key, JSON.stringify(book.accounts[key]));
      }
      for (const id of changed.leases) {
        const lease = book.leases[id];
        if (lease) sql.exec("INSERT OR REPLACE INTO lease (id, json) VALUES (?, ?)", id, JSON.stringify(lease));
        else sql.exec("DELETE FROM lease WHERE id = ?", id);
      }
    },
    billedMicros(eventId) {
      const [found] = sql.exec<{ billed: number }>("SELECT billed_micros AS billed FROM charge WHERE event_id = ?", eventId);
      return found?.billed ?? null;
    },
    saveCharge(eventId, billedMicros, nowMs) {
      const oldest = `SELECT rowid FROM charge ORDER BY rowid LIMIT ${FORGET_COUNT}`;
      sql.exec(`DELETE FROM charge WHERE rowid IN (${oldest}) AND charged_ms < ?`, nowMs - CHARGE_MEMORY_MS);
      sql.exec("INSERT INTO charge (event_id, billed_micros, charged_ms) VALUES (?, ?, ?)", eventId, billedMicros, nowMs);
    },
  };
}

/** The clock is not stored for itself: whatever changes leaves its time in an account, and of what changed nothing, nothing depends. */
export function restoreBook(accounts: readonly [string, Account][], leases: readonly [string, Lease][]): Book {
  const clockMs = accounts.reduce((latest, [, { asOfMs }]) => Math.max(latest, asOfMs), 0);
  return { ...createBook(), clockMs, accounts: Object.fromEntries(accounts), leases: Object.fromEntries(leases) };
}
