import { type BeforeApplicationShutdown, Injectable, type OnModuleInit } from "@nestjs/common";
import { Clock } from "../platform/clock";
import { Database, type Transaction } from "../platform/database";
import { Doorbells } from "../platform/doorbells";
import { Log } from "../platform/log";
import { Periodic } from "../platform/periodic";
import { Startup } from "../platform/startup";
import type { RunState } from "../runs/run-transitions";
import { withdrawRun } from "./claim-run";
import {
  alignContact,
  anyQueued,
  findUnclaimed,
  findUnsummarised,
  sayWhoDoesNotClaim,
  type UnclaimedRun,
} from "./waiting-rows";

const EVERY_MS = 3_000;
/** One reconciler at a time over all orchestrators; who does not get the lock has nothing to do. */
const RECONCILE_LOCK = 7270_0003;

/** Losing the queue loses nothing: every few seconds the rows that wait are found and looked at. */
@Injectable()
export class Reconciler implements OnModuleInit, BeforeApplicationShutdown {
  private readonly periodic: Periodic;

  constructor(
    private readonly database: Database,
    private readonly doorbells: Doorbells,
    private readonly clock: Clock,
    private readonly startup: Startup,
    log: Log,
  ) {
    this.periodic = new Periodic("reconciling", EVERY_MS, () => this.reconcile(), log);
  }

  onModuleInit(): void {
    this.doorbells.answer("reconcile", () => this.reconcile());
    this.startup.begin("reconciling", async () => this.periodic.start());
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.periodic.stop();
  }

  async reconcile(): Promise<void> {
    const found = await this.database.transaction(async (transaction) => {
      const [lock] = await transaction.query<{ mine: boolean }>("SELECT pg_try_advisory_xact_lock($1) AS mine", [
        RECONCILE_LOCK,
      ]);
      return lock?.mine ? this.look(transaction) : null;
    });
    if (found === null) return;
    for (const runId of found.unsummarised) await this.doorbells.answerHere("summarise", runId);
    for (const run of found.unclaimed) await this.ringOrWithdraw(run);
    if (found.queued) await this.doorbells.answerHere("schedule");
  }

  private async look(transaction: Transaction) {
    await alignContact(transaction);
    await sayWhoDoesNotClaim(transaction, this.clock.now());
    return {
      unsummarised: await findUnsummarised(transaction),
      unclaimed: await findUnclaimed(transaction, this.clock.now()),
      queued: await anyQueued(transaction),
    };
  }

  private async ringOrWithdraw({ runId, epoch, queueName, hopeless, hostName }: UnclaimedRun): Promise<void> {
    if (!hopeless) {
      this.doorbells.ringHost(queueName, runId, epoch);
      return;
    }
    await this.database.transaction(async (transaction) => {
      const [run] = await transaction.query<{ state: RunState }>(
        "SELECT state FROM run WHERE id = $1 AND epoch = $2 AND state = 'assigned' FOR UPDATE",
        [runId, epoch],
      );
      if (run === undefined) return;
      await withdrawRun(transaction, runId, run.state, `host ${hostName} did not claim it`, this.clock.now());
    });
  }
}
