/** Each test draws the seeds that it does not name from one of its own, which a failure tells: that number repeats the test. */
import { SEED_VARIABLE, seedAll } from "../src/buffer/fresh-seeds";

/** Also in the stack, which is what jest shows. */
function note(reason: unknown, text: string): void {
  if (!(reason instanceof Error)) return;
  const at = reason.stack?.indexOf("\n    at ") ?? -1;
  const stack = reason.stack ?? "";
  reason.message += text;
  reason.stack = at < 0 ? stack + text : stack.slice(0, at) + text + stack.slice(at);
}

/** `told` is called with the seed before `body` begins. */
export async function seeded<T>(body: () => Promise<T>, told: (seed: bigint) => void = () => {}): Promise<T> {
  const seed = seedAll();
  told(seed);
  try {
    return await body();
  } catch (reason) {
    note(reason, `\n\nIts seed was ${seed}: ${SEED_VARIABLE}=${seed} repeats it.`);
    throw reason;
  }
}
