// Scores in ascending order with their ties gathered: what every ranking and calibration metric walks over.

/** Distinct scores, ascending, and how many examples of each label have them. All three arrays have one entry a score. */
export interface TiedScores {
  readonly scores: Float64Array;
  readonly positives: Uint32Array;
  readonly negatives: Uint32Array;
  readonly positiveCount: number;
  readonly negativeCount: number;
}

/** Sorts each class by itself (natively, with no comparator), then merges the two. O(n log n). */
export function tieScores(scores: Float64Array, labels: Uint8Array): TiedScores {
  if (scores.length !== labels.length) throw new Error(`${scores.length} scores for ${labels.length} labels`);
  const [negative, positive] = [scoresOf(0, scores, labels), scoresOf(1, scores, labels)];
  const distinct = new Float64Array(scores.length);
  const positives = new Uint32Array(scores.length);
  const negatives = new Uint32Array(scores.length);
  let [p, n, count] = [0, 0, 0];
  while (p < positive.length || n < negative.length) {
    const score = Math.min(positive[p] ?? Infinity, negative[n] ?? Infinity);
    if (Number.isNaN(score)) throw new Error("a score is NaN");
    const [firstPositive, firstNegative] = [p, n];
    while (positive[p] === score) p++;
    while (negative[n] === score) n++;
    distinct[count] = score;
    positives[count] = p - firstPositive;
    negatives[count] = n - firstNegative;
    count++;
  }
  return {
    scores: distinct.subarray(0, count),
    positives: positives.subarray(0, count),
    negatives: negatives.subarray(0, count),
    positiveCount: positive.length,
    negativeCount: negative.length,
  };
}

function scoresOf(label: 0 | 1, scores: Float64Array, labels: Uint8Array): Float64Array {
  return scores.filter((_, index) => labels[index] === label).sort();
}
