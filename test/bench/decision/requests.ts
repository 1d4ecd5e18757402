// Bodies of decision requests as a publisher's pages send them: a reader, a page, and three placements.
import { Random } from "../../../training/engine/random.ts";
import { drawRequests } from "./catalog.ts";

const SUBJECT_COUNT = 300;
const BODY_COUNT = 1000;

/** What the model knows of a reader. */
export function drawFeatures(random: Random): Record<string, string | string[]> {
  const one = (prefix: string, count: number) => prefix + Math.floor(random.uniform() ** 2 * count);
  return {
    device: one("device", 3),
    country: one("country", 20),
    ageBand: one("age", 6),
    segment: one("segment", 40),
    interests: Array.from({ length: 1 + Math.floor(random.uniform() * 5) }, () => one("interest", 60)),
  };
}

/** Each unlike the others; with a subject, most of which come back. */
export function drawBodies(placementIds: readonly string[]): string[] {
  const random = new Random(3).fork("bodies");
  return drawRequests(4, BODY_COUNT).map((facts) =>
    JSON.stringify({
      subjectId: `subject-${Math.floor(random.uniform() * SUBJECT_COUNT)}`,
      features: drawFeatures(random),
      ...facts,
      placements: placementIds.map((id) => ({ id })),
    }),
  );
}
