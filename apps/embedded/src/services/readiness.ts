import { LabError } from "../lab-error";
import type { LogFile } from "./log-file";
import { describeExit, type Service } from "./service";

/** Migrations of a new database included. */
const READY_WITHIN_MS = 120_000;
const ASK_EVERY_MS = 150;
const ANSWER_WITHIN_MS = 5_000;

/** Waits until `/readyz` says 200. @throws LabError when the service dies before, or takes too long */
export async function untilReady(url: string, service: Service, log: LogFile): Promise<void> {
  const giveUpAt = performance.now() + READY_WITHIN_MS;
  let death: string | null = null;
  void service.exited?.then((exit) => {
    death = describeExit(exit);
  });
  let missing = "it does not answer";
  while (performance.now() < giveUpAt) {
    if (death !== null)
      throw new LabError(`the ${service.name} ${death} before it was ready. It said last:\n${log.lastWords()}`);
    const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) }).catch(() => null);
    if (answer?.ok) return;
    if (answer !== null) missing = (await answer.text().catch(() => "")).slice(0, 500);
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
  }
  throw new LabError(
    `the ${service.name} was not ready within ${READY_WITHIN_MS / 1000} s: ${missing}\n${log.lastWords()}`,
  );
}
