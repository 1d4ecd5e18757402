// Why what was shown scored as it did: the consumer writes it into each decision's record, so that no reader waits for it.
import type { DecisionEvent } from "../../shared/schemas/decision-record.ts";
import type { WaitUntil } from "../catalog/snapshot.ts";
import { attributeExample } from "../decision/attribute-example.ts";
import type { LoaderPool } from "../model/loader-pool.ts";
import type { EdgeModel } from "../model/model.ts";

/**
 * What became of the parts of a record: `model_replaced` where another version was served from by then, `no_model` where none could be
 * loaded, `failed` where the fault is ours.
 */
export type ScorePartsOutcome = "added" | "not_scored" | "model_replaced" | "no_model" | "failed";

export type ModelSource = Pick<LoaderPool<EdgeModel>, "loaderOf">;

export interface CompletedRecord {
  readonly outcome: ScorePartsOutcome;
  /** Null where there is nothing to add. */
  readonly record: DecisionEvent | null;
}

/** The record with its parts, if what its channel serves now is still the model that it names: records are seconds old. Never throws. */
export async function completeRecord(event: DecisionEvent, models: ModelSource, waitUntil: WaitUntil): Promise<CompletedRecord> {
  const isScored = event.placements.some(({ slots }) => slots.some(({ logit }) => logit !== null));
  if (!event.model || !isScored) return { outcome: "not_scored", record: null };
  const { task, channel, version } = event.model;
  const loaded = await models.loaderOf(task, channel).get(waitUntil);
  if (!loaded) return { outcome: "no_model", record: null };
  if (loaded.version !== version) return { outcome: "model_replaced", record: null };
  try {
    return { outcome: "added", record: addScoreParts(event, loaded.value) };
  } catch (error) {
    reportError(error);
    return { outcome: "failed", record: null };
  }
}

/**
 * The record with `score` in each slot that a model scored and whose features it still has: the same parts, byte for byte, whoever takes
 * the logit apart.
 *
 * @param model the version that the record names
 */
export function addScoreParts(event: DecisionEvent, model: EdgeModel): DecisionEvent {
  const placements = event.placements.map((placement) => ({
    ...placement,
    slots: placement.slots.map((slot) => {
      if (slot.logit === null || slot.features === undefined) return slot;
      const { logit, baseline, parts, rounding } = attributeExample(model, placement.features, slot.features, slot.logit);
      return { ...slot, score: { logit, baseline, parts: [...parts], rounding } };
    }),
  }));
  return { ...event, placements };
}

/** Whether a record has its parts already. */
export const hasScoreParts = ({ placements }: DecisionEvent): boolean =>
  placements.some(({ slots }) => slots.some(({ score }) => score !== null));
