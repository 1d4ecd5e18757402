// Subject -> bucket -> arm of an experiment.
import type { Experiment } from "../schemas/catalog.ts";
import type { Assignment } from "../schemas/decisions.ts";

export declare function assign(experiment: Experiment, subjectId: string): Assignment | null;
export declare function assignAll(experiments: readonly Experiment[], subjectId: string): Assignment[];
