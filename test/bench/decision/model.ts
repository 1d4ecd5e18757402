// The ad-click model that the benchmark's edge scores with: a DCN-v2, shortly trained on made-up impressions of its catalog. What a
// request costs is a matter of the model's size, which is that of `npm start`.
import { sha256Hex } from "../../../shared/artifact/envelope.ts";
import type { Catalog } from "../../../shared/catalog/catalog.ts";
import type { RawRecord } from "../../../shared/features/encode.ts";
import { adClick } from "../../../shared/tasks/ad-click.ts";
import { loadParts } from "../../../training/dataset/load.ts";
import { Random } from "../../../training/engine/random.ts";
import { buildModel } from "../../../training/jobs/build-model.ts";
import type { ModelArtifact } from "../../../training/publish/artifact.ts";
import { drawFeatures } from "./requests.ts";

const TRAIN_COUNT = 30_000;
const VALID_COUNT = 5_000;

export async function trainModel(catalog: Catalog): Promise<ModelArtifact> {
  const task = { ...adClick, training: { ...adClick.training, epochs: 1 } };
  const records = drawImpressions(catalog, TRAIN_COUNT + VALID_COUNT);
  const source = async function* () {
    yield* records;
  };
  const splits = await loadParts(task, [{ source, split: (_, index) => (index < TRAIN_COUNT ? "train" : "valid") }]);
  const { manifest, weights } = await buildModel({ task, splits, device: "wasm", seed: 1 });
  return { manifest: { ...manifest, createdMs: 0, codeCommit: null }, weights };
}

/** The same model as another task's: what a conversion after a click costs to score. */
export async function renameModel({ manifest, weights }: ModelArtifact, task: string): Promise<ModelArtifact> {
  const file = { sha256: await sha256Hex(weights as Uint8Array<ArrayBuffer>), sizeBytes: weights.length };
  return { manifest: { ...manifest, task, files: { weights: file } }, weights };
}

/** About one in ten is clicked, more of some creatives. */
function drawImpressions({ creatives, flights }: Catalog, count: number): RawRecord[] {
  const random = new Random(7).fork("impressions");
  const campaignOf = new Map(flights.map(({ id, campaignId }) => [id, campaignId]));
  return Array.from({ length: count }, (_, index) => {
    const at = Math.floor(random.uniform() ** 2 * creatives.length);
    const creative = creatives[at] as (typeof creatives)[number]; // an index below the length
    const click = random.uniform() < 0.05 + 0.1 * ((at % 7) / 7) ? 1 : 0;
    return {
      ...drawFeatures(random),
      ...creative.features,
      hour: index % 24,
      weekday: index % 7,
      position: index % 20,
      creativeId: creative.id,
      campaignId: campaignOf.get(creative.flightId),
      click,
      timeMs: index,
    };
  });
}
