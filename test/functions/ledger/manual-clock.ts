// A clock that stands still until it is moved: whoever waits on it wakes when its time has come.

export interface ManualClock {
  nowMs(): number;
  wait(ms: number): Promise<void>;
  /** Moves on step by step, so that all that is due in between happens when it is due. */
  advance(ms: number): Promise<void>;
}

export function createManualClock(startMs: number): ManualClock {
  let now = startMs;
  let sleepers: { dueMs: number; wake: () => void }[] = [];
  /** Calls to Durable Objects take turns of the event loop, not of this clock. */
  const settle = async () => {
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
  };
  return {
    nowMs: () => now,
    wait: (ms) => new Promise((wake) => sleepers.push({ dueMs: now + ms, wake })),
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
