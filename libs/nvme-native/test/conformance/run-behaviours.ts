/** One jest test for each registered behaviour on one host; what came of them is written to the build folder. */
import { appendFileSync } from "node:fs";
import { type Behaviour, behaviours, type ConformanceHost } from "./behaviour";
import { type BehaviourResult, keepResults, type Outcome, type Shown } from "./show-behaviour";

/** Prints it. Jest calls a test that skips itself on its way passed: `npm test` reads here which ones it must not count so. */
export function skippedOnTheWay(what: string, reason: string): void {
  process.stdout.write(`skipped ${what}: ${reason}\n`);
  const file = process.env.ASSAY_SKIPPED_ON_THE_WAY;
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(reason)}\n`);
}

/**
 * @param shown shows one behaviour; tells its seed
 * @param limitMs how long a test may take; default: the behaviour's own limit
 */
export function runBehaviours(
  host: ConformanceHost,
  shown: (behaviour: Behaviour, told: (seed: bigint) => void) => Promise<Shown>,
  limitMs: (behaviour: Behaviour) => number = (behaviour) => behaviour.limitMs,
): void {
  const results: BehaviourResult[] = [];
  for (const behaviour of behaviours().filter(({ on }) => on.includes(host))) {
    const { id, sentence } = behaviour;
    let seed: string | null = null;
    const note = (outcome: Outcome, reason: string | null) => results.push({ id, sentence, outcome, reason, seed });
    test(
      `${id} ${sentence}`,
      async () => {
        const { skipped, differs } = await shown(behaviour, (told) => {
          seed = String(told);
        }).catch((failure) => {
          note("failed", null);
          throw failure;
        });
        const reason = skipped ?? (differs.length === 0 ? null : differs.join("; "));
        note(skipped === null ? "passed" : "skipped", reason);
        if (reason === null) return;
        const what = `on ${host}: ${id} ${sentence}`;
        if (skipped === null) process.stdout.write(`different ${what}: ${reason}\n`);
        else skippedOnTheWay(what, skipped);
      },
      limitMs(behaviour),
    );
  }
  afterAll(() => keepResults(host, results));
}
