// CPU time of another process, from the kernel's accounting: what waiting for a busy machine does not lengthen.
import { readdirSync, readFileSync } from "node:fs";

/**
 * Milliseconds that a thread was on a CPU (first number of schedstat, in ns; https://docs.kernel.org/scheduler/sched-stats.html).
 * Null where the system does not tell: not Linux, or a kernel built without it.
 */
export function threadCpuMs(pid: number, thread: number = pid): number | null {
  try {
    return Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]) / 1e6;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/** Of all threads that the process has now. */
export function processCpuMs(pid: number): number | null {
  if (threadCpuMs(pid) === null) return null;
  const threads = readdirSync(`/proc/${pid}/task`).map(Number);
  return threads.reduce((sum, thread) => sum + (threadCpuMs(pid, thread) ?? 0), 0); // a thread that has just ended: 0
}
