// A task's name, which is also the name that its models are published under.
import * as v from "valibot";

/** @example v.is(TaskName, "ad-click"); // true */
export const TaskName = v.pipe(
  v.string(),
  v.regex(/^[a-z0-9][a-z0-9-]{0,63}$/, "lower-case letters, digits and hyphens, at most 64"),
);
