// Whom to call for a family: all are nets, which the engine trains, but for trees.
import { type TrainedModel, type TrainRequest, trainModel } from "../engine/train-model.ts";
import { trainTrees } from "../trees/train-trees.ts";

export const trainFamily = (request: TrainRequest): Promise<TrainedModel> =>
  request.task.model.family === "trees" ? trainTrees(request) : trainModel(request);
