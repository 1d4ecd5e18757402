// What the admin routes stand on, and who is asking.
import type { Context } from "hono";
import type { PublishedStore } from "../../../shared/artifact/store.ts";
import type { Editor } from "../../admin/entity-table.ts";
import type { CampaignLedger } from "../../ledger/campaign-ledger.ts";

/** `db` is null, and keys are empty, where a Worker serves what was published elsewhere and edits nothing. */
export interface AdminDependencies {
  readonly db: D1Database | null;
  /** ADMIN_KEYS: `name:hash,name:hash`. */
  readonly adminKeys: string;
  readonly store: PublishedStore;
  readonly signingKey: string;
  readonly publicKeys: string;
  readonly ledgers: DurableObjectNamespace<CampaignLedger>;
  readonly nowMs: () => number;
}

/** What a route finds in its context once the key was good; `actor` is the name that the key was given to. */
export interface AdminContext {
  Variables: { readonly admin: AdminDependencies & { readonly db: D1Database }; readonly actor: string };
}

export const editorOf = ({ var: { actor, admin } }: Context<AdminContext>): Editor => ({ actor, timeMs: admin.nowMs() });
