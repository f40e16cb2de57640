import { LabError } from "../lab-error";
import type { LogFile } from "./log-file";
import { describeExit, type Service } from "./service";

/** Migrations of a new database, or the making of five drives, included. */
const READY_WITHIN_MS = 120_000;
const ASK_EVERY_MS = 150;
const ANSWER_WITHIN_MS = 5_000;

/** @param ask what is still missing, null when nothing is. @throws LabError when the service dies before, or takes too long */
export async function untilReady(service: Service, log: LogFile, ask: () => Promise<string | null>): Promise<void> {
  const giveUpAt = performance.now() + READY_WITHIN_MS;
  let death: string | null = null;
  void service.exited?.then((exit) => {
    death = describeExit(exit);
  });
  let missing = "";
  while (performance.now() < giveUpAt) {
    if (death !== null)
      throw new LabError(`the ${service.name} ${death} before it was ready. It said last:\n${log.lastWords()}`);
    const answer = await ask();
    if (answer === null) return;
    missing = answer;
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
  }
  throw new LabError(
    `the ${service.name} was not ready within ${READY_WITHIN_MS / 1000} s: ${missing}. It said last:\n${log.lastWords()}`,
  );
}

/** What `/readyz` of the server says is missing. */
export async function askReadiness(url: string): Promise<string | null> {
  const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) }).catch(() => null);
  if (answer === null) return "it does not answer";
  return answer.ok ? null : (await answer.text().catch(() => "")).slice(0, 500);
}
