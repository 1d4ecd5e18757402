// A built-in task by its name, or a task from a JSON file: both pass the same schema.
import { readFile } from "node:fs/promises";
import { CodedError, parse } from "../../shared/schemas/coded-error.ts";
import { builtInTasks } from "../../shared/tasks/built-in.ts";
import { Task } from "../../shared/tasks/task.ts";

/**
 * What ends in `.json` or holds a slash is a file; anything else is a name.
 * Throws `CodedError`: `task_unknown`, `task_file_unreadable`, `json_malformed`, or the schema's problems with their paths.
 */
export async function loadTask(nameOrFile: string): Promise<Task> {
  if (/\.json$|[/\\]/.test(nameOrFile)) return parse(Task, parseJson(await readText(nameOrFile), nameOrFile));
  const task = builtInTasks.get(nameOrFile);
  if (task) return task;
  const names = [...builtInTasks.keys()].join(", ");
  throw new CodedError("task_unknown", "task", `no task "${nameOrFile}": give one of ${names}, or a .json file`);
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CodedError("task_file_unreadable", file, `cannot read the task: ${reason}`, undefined, { cause });
  }
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CodedError("json_malformed", file, `the task is no JSON: ${reason}`, undefined, { cause });
  }
}
