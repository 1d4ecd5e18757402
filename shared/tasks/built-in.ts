// The tasks that come with the house, by name.
import { adClick } from "./ad-click.ts";
import { adConversion } from "./ad-conversion.ts";
import { purchase } from "./purchase.ts";
import type { Task } from "./task.ts";

/** A new task joins here; a task of one's own can also stay a JSON file. */
export const builtInTasks: ReadonlyMap<string, Task> = new Map(
  [adClick, adConversion, purchase].map((task) => [task.name, task]),
);
