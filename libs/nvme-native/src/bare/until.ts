/** So long a wait looks at every turn of the event loop, ms; then once in a millisecond. */
const EAGER_MS = 2;

export const TOO_LATE = Symbol("too late");

/** Asks `done` again and again without blocking the event loop. @throws TOO_LATE */
export async function until(timeoutMs: number, done: () => boolean | Promise<boolean>): Promise<void> {
  const start = performance.now();
  while (!(await done())) {
    const waited = performance.now() - start;
    if (waited > timeoutMs) throw TOO_LATE;
    await new Promise<void>((resolve) => {
      if (waited < EAGER_MS) setImmediate(resolve);
      else setTimeout(resolve, 1);
    });
  }
}
