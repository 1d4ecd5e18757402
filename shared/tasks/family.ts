// The families of models by name, and what sets them apart. Each is one file in training/model, but for the trees.
import * as v from "valibot";

/** Served as they are. */
export const ServedFamily = v.picklist(["logistic", "fm", "deepfm", "dcn-v2", "mlp"]);

/** Read the ids of each sequence field in their order, where all others see but the mean of them. Teachers too. */
export const HistoryFamily = v.picklist(["gru", "transformer", "convolution"]);

/** They learn the step on the way to the label beside the label (`through` of a task). */
export const JointFamily = v.picklist(["esmm", "mmoe"]);

/** Served as they are too, by retrieval of the best of all items; of which, `model.itemField` says. */
export const RetrievalFamily = v.picklist(["two-tower"]);

/** The others are teachers: they are served through a student that learns from them (`teachers` of a task). */
export const NetFamily = v.picklist([
  ...ServedFamily.options,
  ...RetrievalFamily.options,
  "fwfm",
  "auto-int",
  "final-mlp",
  ...HistoryFamily.options,
  ...JointFamily.options,
]);
export type NetFamily = v.InferOutput<typeof NetFamily>;

/** Boosted trees are a teacher that is no net. */
export const Family = v.picklist([...NetFamily.options, "trees"]);
export type Family = v.InferOutput<typeof Family>;
