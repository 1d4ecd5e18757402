// The SQL of the join, stage by stage: lines -> events -> decided slots with what became of them. See join.ts for the story.

/** Only what the join needs of an event; a line that is not JSON, or no object, gives a row of nulls. */
const SLOT = "STRUCT(creativeId VARCHAR, propensity DOUBLE, features JSON)";
const COLUMNS = `{
  type: 'VARCHAR', id: 'VARCHAR', timeMs: 'DOUBLE', decisionId: 'VARCHAR', placementId: 'VARCHAR', slot: 'INTEGER',
  placements: 'STRUCT(placementId VARCHAR, features JSON, slots ${SLOT}[])[]'
}`;

const IS_EVENT = `
  type IN ('decision', 'impression', 'click', 'conversion') AND timeMs >= 0 AND id IS NOT NULL AND decisionId IS NOT NULL
  AND CASE WHEN type = 'decision' THEN placements IS NOT NULL ELSE placementId IS NOT NULL END`;

/** $file. The largest line that the Worker writes is 128 KB; the simulator's and others' may be larger. */
export const READ_LINES = `
  CREATE TABLE line AS
  SELECT type, id, timeMs, decisionId, placementId, coalesce(slot, 0) AS slot, placements, coalesce(${IS_EVENT}, false) AS isEvent
  FROM read_json($file, format = 'newline_delimited', ignore_errors = true, maximum_object_size = 33554432, columns = ${COLUMNS})`;

/** The first of each id; of copies that differ, the same one whatever the order of the lines. */
export const DROP_DUPLICATES = `
  CREATE TABLE event AS
  SELECT * EXCLUDE isEvent FROM line WHERE isEvent
  QUALIFY row_number() OVER (
    PARTITION BY type, id ORDER BY timeMs, decisionId, placementId, slot, placements::VARCHAR
  ) = 1`;

/** One row a slot that was decided; of a placement that was left empty, one row without a creative. */
export const FIND_SLOTS = `
  CREATE TABLE decided AS
  WITH placed AS (SELECT timeMs, decisionId, unnest(placements) AS placement FROM event WHERE type = 'decision'),
  filled AS (
    SELECT timeMs, decisionId, placement.placementId AS placementId, placement.features AS context,
      CASE WHEN len(placement.slots) > 0 THEN placement.slots ELSE [NULL] END AS slots
    FROM placed
  ),
  numbered AS (
    SELECT * EXCLUDE slots, generate_subscripts(slots, 1)::INTEGER - 1 AS slot, unnest(slots) AS chosen FROM filled
  )
  SELECT * EXCLUDE chosen, chosen.creativeId AS chosenId, chosen.propensity AS propensity, chosen.features AS candidate FROM numbered`;

export const FIND_IMPRESSIONS = `
  CREATE TABLE impression AS
  SELECT decisionId, placementId, slot, min(timeMs) AS shownMs FROM event WHERE type = 'impression' GROUP BY ALL`;

/** $outcome, $windowMs. One row an outcome, with the impression that it belongs to, and why it is not attributed, if it is not. */
export const ATTRIBUTE_OUTCOMES = `
  CREATE TABLE outcome AS
  SELECT o.decisionId, o.placementId, o.slot, o.timeMs - i.shownMs AS delayMs,
    CASE
      WHEN d.decisionId IS NULL THEN 'outcome_without_decision'
      WHEN i.shownMs IS NULL THEN 'outcome_without_impression'
      WHEN o.timeMs < d.timeMs OR o.timeMs > i.shownMs + $windowMs THEN 'outcome_outside_window'
    END AS dropped
  FROM event o
  LEFT JOIN impression i USING (decisionId, placementId, slot)
  LEFT JOIN decided d USING (decisionId, placementId, slot)
  WHERE o.type = $outcome`;

/** $windowMs, $marginMs. The delay within which 99.9 % of the attributed outcomes came, and then some; at most the window. */
export const MEASURE_SETTLING = `
  SELECT least($windowMs, coalesce(quantile_disc(greatest(delayMs, 0), 0.999) + $marginMs, $windowMs)) AS settleMs
  FROM outcome WHERE dropped IS NULL`;

/**
 * $settledBeforeMs, $windowMs. One row a slot, with its label, whether it was clicked, and why it is no example, if it is none. A
 * conversion without a click says that the click was lost, since there is no other way to it.
 */
export const LABEL_SLOTS = `
  CREATE TABLE labelled AS
  SELECT d.*,
    (EXISTS (
      SELECT 1 FROM outcome o
      WHERE o.dropped IS NULL AND o.decisionId = d.decisionId AND o.placementId = d.placementId AND o.slot = d.slot
    ))::INTEGER AS label,
    (EXISTS (
      SELECT 1 FROM event c
      WHERE c.type = 'click' AND c.decisionId = d.decisionId AND c.placementId = d.placementId AND c.slot = d.slot
        AND c.timeMs BETWEEN d.timeMs AND i.shownMs + $windowMs
    ))::INTEGER AS clicked,
    CASE
      WHEN d.chosenId IS NULL THEN 'nothing_served'
      WHEN i.shownMs IS NULL THEN 'not_shown'
      WHEN d.candidate IS NULL OR d.context IS NULL THEN 'features_missing'
      WHEN i.shownMs > $settledBeforeMs THEN 'outcome_pending'
    END AS dropped
  FROM decided d LEFT JOIN impression i USING (decisionId, placementId, slot)`;

/** One row a count: what it is of, and how many. */
export const COUNT = `
  SELECT 'lines' AS name, count(*)::DOUBLE AS count FROM line
  UNION ALL SELECT 'examples', count(*)::DOUBLE FROM labelled WHERE dropped IS NULL
  UNION ALL SELECT 'positives', count(*)::DOUBLE FROM labelled WHERE dropped IS NULL AND label = 1
  UNION ALL SELECT type, count(*)::DOUBLE FROM event GROUP BY type`;

/** One row a reason. */
export const COUNT_DROPPED = `
  SELECT 'line_malformed' AS name, count(*)::DOUBLE AS count FROM line WHERE NOT isEvent
  UNION ALL SELECT 'duplicate', (SELECT count(*) FILTER (isEvent) FROM line)::DOUBLE - (SELECT count(*) FROM event)
  UNION ALL SELECT 'impression_without_decision', count(*)::DOUBLE FROM impression i
    WHERE NOT EXISTS (
      SELECT 1 FROM decided d WHERE d.decisionId = i.decisionId AND d.placementId = i.placementId AND d.slot = i.slot
    )
  UNION ALL SELECT dropped, count(*)::DOUBLE FROM outcome WHERE dropped IS NOT NULL GROUP BY dropped
  UNION ALL SELECT dropped, count(*)::DOUBLE FROM labelled WHERE dropped IS NOT NULL GROUP BY dropped`;

/** $file. In time order; slots of the same millisecond in the order of their ids. */
export const writeExamples = (file: string): string => `
  COPY (
    SELECT timeMs, label, greatest(label, clicked) AS clicked, propensity, chosenId, context::VARCHAR AS context, candidate::VARCHAR AS candidate
    FROM labelled WHERE dropped IS NULL ORDER BY timeMs, decisionId, placementId, slot
  ) TO '${file.replaceAll("'", "''")}' (FORMAT parquet, COMPRESSION zstd)`;
