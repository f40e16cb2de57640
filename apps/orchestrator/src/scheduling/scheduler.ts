import { Injectable, type OnModuleInit } from "@nestjs/common";
import { Clock } from "../platform/clock";
import { Database } from "../platform/database";
import { Doorbells } from "../platform/doorbells";
import { Log } from "../platform/log";
import type { AssignedRun } from "./assignment-writer";
import { BoardReader } from "./board-reader";
import { runPass } from "./scheduling-pass";

/** Answers `schedule`: one pass, then the hosts of the assigned runs are rung. */
@Injectable()
export class Scheduler implements OnModuleInit {
  private readonly reader = new BoardReader();

  constructor(
    private readonly database: Database,
    private readonly doorbells: Doorbells,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  onModuleInit(): void {
    this.doorbells.answer("schedule", async () => {
      await this.pass();
    });
  }

  async pass(): Promise<AssignedRun[]> {
    const assigned = await this.database.transaction((transaction) =>
      runPass(transaction, this.reader, this.clock.now()),
    );
    for (const { queueName, runId, epoch } of assigned) this.doorbells.ringHost(queueName, runId, epoch);
    if (assigned.length > 0) this.log.info("assigned runs", { count: assigned.length });
    return assigned;
  }
}
