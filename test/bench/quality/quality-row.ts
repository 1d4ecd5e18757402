// One line of the quality tables: a model on a test split, chosen and calibrated on the validation split alone.

export interface QualityRow {
  readonly data: string;
  readonly model: string;
  readonly form: "float" | "served int8";
  readonly auc: number;
  readonly prAuc: number;
  readonly logloss: number;
  readonly ece: number;
  /** Standard deviation between runs, where the row is the mean of several. */
  readonly spread?: { readonly auc: number; readonly prAuc: number };
  /** What others publish for it, in their words, or what the truth comes to where that is known; empty where nothing is. */
  readonly published: string;
  readonly seconds: number;
}
