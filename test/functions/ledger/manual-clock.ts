// A clock that stands still until it is moved: whoever waits on it wakes when its time has come.

export interface ManualClock {
  nowMs(): number;
  wait(ms: number): Promise<void>;
  /** What really takes time, a call to a Durable Object: the clock does not move on before it is done. */
  track<T>(work: Promise<T>): Promise<T>;
  /** Moves on step by step, so that all that is due in between happens when it is due. */
  advance(ms: number): Promise<void>;
}

export function createManualClock(startMs: number): ManualClock {
  let now = startMs;
  let sleepers: { dueMs: number; wake: () => void }[] = [];
  const tracked = new Set<Promise<unknown>>();
  const settle = async () => {
    do {
      await Promise.allSettled(tracked);
      await new Promise((resolve) => setTimeout(resolve, 0)); // whoever waited for it goes on
    } while (tracked.size > 0);
  };
  return {
    nowMs: () => now,
    wait: (ms) => new Promise((wake) => sleepers.push({ dueMs: now + ms, wake })),
    track(work) {
      tracked.add(work);
      const forget = () => void tracked.delete(work);
      work.then(forget, forget);
      return work;
    },
    async advance(ms) {
      const endMs = now + ms;
      await settle();
      for (;;) {
        const next = Math.min(...sleepers.map(({ dueMs }) => dueMs));
        if (next > endMs) break;
        now = Math.max(now, next);
        for (const { wake } of sleepers.filter(({ dueMs }) => dueMs <= now)) wake();
        sleepers = sleepers.filter(({ dueMs }) => dueMs > now);
        await settle();
      }
      now = endMs;
    },
  };
}
