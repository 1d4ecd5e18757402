// Training records -> fitted feature map: vocabularies, means, boundaries. Bounded in memory, deterministic.
import type { RawRecord } from "../../shared/features/encode.ts";
import type { FeatureMap } from "../../shared/features/feature-map.ts";
import type { Task } from "../../shared/tasks/task.ts";

export declare function fitFeatureMap(task: Task, records: AsyncIterable<RawRecord> | Iterable<RawRecord>): Promise<FeatureMap>;
