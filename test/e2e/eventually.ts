/** Asks until the answer is right. For a noisy machine: generous in time, quick when it goes well. */
const ASK_EVERY_MS = 200;

/** @param ask returns what is wanted, or null/undefined/false for "not yet"; what it throws is shown when time is up */
export async function eventually<T>(
  what: string,
  withinMs: number,
  ask: () => Promise<T | null | undefined | false> | T | null | undefined | false,
): Promise<T> {
  const giveUpAt = performance.now() + withinMs;
  let trouble: unknown = null;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== null && answer !== undefined && answer !== false) return answer;
      trouble = null;
    } catch (error) {
      trouble = error;
    }
    if (performance.now() > giveUpAt)
      throw new Error(`not within ${withinMs / 1000} s: ${what}${trouble === null ? "" : ` (${trouble})`}`);
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
  }
}
