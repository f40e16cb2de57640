/** Time as the runner sees it; handed in at the front door. */
export interface Clock {
  /** Milliseconds since the Unix epoch, for events. */
  nowMs(): number;
  /** Monotonic milliseconds, for durations. */
  monotonicMs(): number;
  /** CLOCK_BOOTTIME in ns, for the deadline. */
  boottimeNs(): bigint;
  /** Settles after `ms`; rejects with the signal's reason as soon as that is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** Longest single timer of Node. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export function systemClock(boottimeNs: () => bigint): Clock {
  const monotonicMs = () => performance.now();
  return {
    nowMs: () => Date.now(),
    monotonicMs,
    boottimeNs,
    async sleep(ms, signal) {
      const until = monotonicMs() + ms;
      for (let left = ms; left > 0; left = until - monotonicMs()) await timer(Math.min(left, MAX_TIMER_MS), signal);
      signal.throwIfAborted();
    },
  };
}

function timer(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const done = () => {
      signal.removeEventListener("abort", abort);
      resolve();
    };
    const handle = setTimeout(done, ms);
    const abort = () => {
      clearTimeout(handle);
      reject(signal.reason);
    };
    signal.addEventListener("abort", abort, { once: true });
  });
}
