import { answer } from "../api/connection";
import type { Run } from "../api/shapes";
import type { Session } from "./session";
import { type Watched, watchRuns } from "./watch";

/** Waits until each run has its verdict, shows what happens, and sets the exit code of the worst. */
export async function waitForRuns(session: Session, ids: readonly string[], timeoutMs: number | null): Promise<Run[]> {
  const api = session.api();
  const read = () =>
    Promise.all(
      ids.map(async (id) => {
        const run = await answer(api.GET("/api/v1/runs/{id}", { params: { path: { id } } }));
        return { ...watched(run), run };
      }),
    );
  return (await watchRuns(session, { read, timeoutMs, untilStuck: false })).map(({ run }) => run);
}

function watched({ id, plan, dut, state, contact, verdict, reason, waitingReason, needsPerson }: Run): Watched {
  return { id, plan, dut: dut.serial, state, contact, verdict, reason, waitingReason, needsPerson };
}

/**
 * Waits for the newest attempt of every run of a campaign; ends as well when all that are left wait for a person: their
 * drive is on hold, for example. Sets the exit code of the worst verdict.
 */
export async function waitForCampaign(session: Session, id: string, timeoutMs: number | null): Promise<void> {
  const read = async () => {
    const campaign = await answer(session.api().GET("/api/v1/campaigns/{id}", { params: { path: { id } } }));
    return campaign.verdicts.map(({ runId, ...cell }): Watched => ({ ...cell, id: runId }));
  };
  await watchRuns(session, { read, timeoutMs, untilStuck: true });
}
