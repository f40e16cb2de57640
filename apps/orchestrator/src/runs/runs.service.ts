import type { ParameterValues } from "@assay/plans";
import type { AttributionCause } from "@assay/protocol";
import { Injectable } from "@nestjs/common";
import { Clock } from "../platform/clock";
import { Database } from "../platform/database";
import { Doorbells } from "../platform/doorbells";
import { Ids } from "../platform/ids";
import { problem } from "../platform/problem";
import { type CancelAnswer, cancelRun } from "./cancel-run";
import { fenceRun } from "./fence-run";
import { addRetry, addRuns } from "./new-runs";
import { prepareRun } from "./prepare-run";
import { releaseRun } from "./release-run";
import { findDut, findRevision } from "./run-inputs";

export interface RunWish {
  plan: string;
  hash?: string;
  /** Serial or id. */
  dut: string;
  parameters: ParameterValues;
  seed?: string;
  priority: number;
}

/** What people ask of single runs. Each answers with the id of the run to look at. */
@Injectable()
export class RunsService {
  constructor(
    private readonly database: Database,
    private readonly doorbells: Doorbells,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  /** @throws Problem 404, 409; 422 when the plan does not fit the DUT, with every reason. */
  async submit(wish: RunWish, submittedBy: string): Promise<string> {
    const revision = await findRevision(this.database, wish.plan, wish.hash);
    const dut = await findDut(this.database, wish.dut);
    if (dut.facts === null) throw problem("unprocessable", dut.unknown!);
    const answer = prepareRun(revision.document, { parameters: wish.parameters, dut: dut.facts, sheet: dut.sheet });
    if ("reasons" in answer) {
      const reasons = answer.reasons.map((message) => ({ message }));
      throw problem("unprocessable", `plan ${wish.plan} does not fit DUT ${dut.serial}: ${answer.reasons[0]}`, reasons);
    }
    const id = this.ids.uuid();
    const run = {
      ...{
        id,
        campaignId: null,
        ordinal: 0,
        dutId: dut.id,
        revision,
        sheetHash: dut.sheetHash,
        firmware: dut.firmware,
      },
      ...{ parameters: wish.parameters, prepared: answer.prepared, priority: wish.priority, submittedBy },
      seed: wish.seed ?? this.ids.seed(),
    };
    await this.database.transaction((transaction) => addRuns(transaction, [run], this.clock.now()));
    this.doorbells.ring("schedule");
    return id;
  }

  /** @throws Problem 404, 409 when the run has its verdict. */
  async cancel(runId: string, by: string, reason: string | null): Promise<CancelAnswer> {
    const answer = await this.database.transaction((transaction) =>
      cancelRun(transaction, runId, { by, reason, now: this.clock.now() }),
    );
    if (answer === "finished") throw problem("conflict", `run ${runId} is finished: there is nothing to cancel`);
    if (answer === "asked") await this.ringHostOf(runId);
    this.doorbells.ring("schedule");
    return answer;
  }

  /** @throws Problem 404, 409 when its drive is not frozen. */
  async release(runId: string, by: string, reason: string): Promise<void> {
    await this.database.transaction((transaction) =>
      releaseRun(transaction, runId, { by, reason, now: this.clock.now() }),
    );
    await this.ringHostOf(runId);
  }

  /** A new run of the same plan on the same DUT. @throws Problem 404, 409 while the run goes on. */
  async retry(runId: string, by: string): Promise<string> {
    const id = await this.database.transaction(async (transaction) => {
      const [run] = await transaction.query<{ state: string }>("SELECT state FROM run WHERE id = $1 FOR UPDATE", [
        runId,
      ]);
      if (run === undefined) throw problem("not-found", `there is no run ${runId}`);
      if (run.state !== "finished")
        throw problem("conflict", `run ${runId} is ${run.state}: cancel it, or wait for its verdict`);
      return addRetry(transaction, runId, this.clock.now(), by);
    });
    this.doorbells.ring("schedule");
    return id;
  }

  /** Whether retention passes the run by. @throws Problem 404 */
  async setPinned(runId: string, pinned: boolean): Promise<void> {
    const found = await this.database.query("UPDATE run SET pinned = $2 WHERE id = $1 RETURNING id", [runId, pinned]);
    if (found.length === 0) throw problem("not-found", `there is no run ${runId}`);
  }

  /** Appends what a person found. @throws Problem 404, 409 for a run that passed or has no verdict yet. */
  async attribute(
    runId: string,
    by: string,
    { cause, reason, confidence }: { cause: AttributionCause; reason: string; confidence: number },
  ): Promise<void> {
    await this.database.transaction(async (transaction) => {
      const [run] = await transaction.query<{ verdict: string | null }>(
        "SELECT verdict FROM run WHERE id = $1 FOR UPDATE",
        [runId],
      );
      if (run === undefined) throw problem("not-found", `there is no run ${runId}`);
      if (run.verdict === null)
        throw problem("conflict", `run ${runId} has no verdict yet: there is nothing to attribute`);
      if (run.verdict === "passed") throw problem("conflict", `run ${runId} passed: nobody is to blame`);
      await transaction.query(
        "INSERT INTO attribution (run_id, at, cause, person, evidence, confidence) VALUES ($1, $2, $3, $4, $5, $6)",
        [runId, this.clock.now(), cause, by, JSON.stringify({ reason }), confidence],
      );
    });
  }

  /** @throws Problem 404, 409 when the run holds no lease. */
  async fence(runId: string, by: string, reason: string, retry: boolean): Promise<{ retryId: string | null }> {
    const now = this.clock.now();
    const answer = await this.database.transaction((transaction) =>
      fenceRun(transaction, runId, { by, reason, retry, now }),
    );
    await this.ringHostOf(runId);
    this.doorbells.ring("schedule");
    return answer;
  }

  private async ringHostOf(runId: string): Promise<void> {
    const [host] = await this.database.query<{ queueName: string; epoch: number }>(
      `SELECT queue_name AS "queueName", epoch FROM run JOIN host ON host.id = run.host_id WHERE run.id = $1`,
      [runId],
    );
    if (host !== undefined) this.doorbells.ringHost(host.queueName, runId, host.epoch);
  }
}
