// A built-in task by its name, or a task from a JSON file: both pass the same schema.
import type { Task } from "../../shared/tasks/task.ts";

/** Throws `CodedError`: `task_unknown`, `task_file_unreadable`, `json_malformed`, or the schema's problems with their paths. */
export declare function loadTask(nameOrFile: string): Promise<Task>;
