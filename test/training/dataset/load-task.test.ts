// Tasks by name and by file, and what is said where there is none.
import { describe, expect, it } from "vitest";
import { loadTask } from "../../../training/dataset/load-task.ts";
import { writeTemporary } from "./temporary-files.ts";

const JSON_TASK = { name: "mine", label: "y", fields: [{ kind: "numeric", name: "age", from: "context" }] };

describe("loadTask", () => {
  it("finds built-in tasks by name", async () => {
    expect((await loadTask("purchase")).label).toBe("bought");
  });

  it("reads a task file, defaults filled in", async () => {
    const task = await loadTask(await writeTemporary("task.json", JSON.stringify(JSON_TASK)));
    expect(task.model.family).toBe("deepfm");
    expect(task.fields[0]).toMatchObject({ kind: "numeric", transform: "standard" });
  });

  it("says which tasks there are", async () => {
    await expect(loadTask("nothing")).rejects.toMatchObject({
      code: "task_unknown",
      message: expect.stringContaining("purchase"),
    });
  });

  it("says what is wrong with a file", async () => {
    await expect(loadTask("./no/such/task.json")).rejects.toMatchObject({ code: "task_file_unreadable" });
    await expect(loadTask(await writeTemporary("task.json", "{"))).rejects.toMatchObject({ code: "json_malformed" });
    const wrong = { ...JSON_TASK, fields: [{ kind: "numeric", name: "age", from: "nowhere" }], extra: 1 };
    const failure = loadTask(await writeTemporary("task.json", JSON.stringify(wrong)));
    await expect(failure).rejects.toMatchObject({
      problems: expect.arrayContaining([expect.objectContaining({ code: "invalid_value", path: "fields[0].from" })]),
    });
  });
});
