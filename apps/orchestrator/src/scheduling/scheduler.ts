import { Injectable, type OnModuleInit, Optional } from "@nestjs/common";
import { Clock } from "../platform/clock";
import { Database } from "../platform/database";
import { Doorbells } from "../platform/doorbells";
import { Log } from "../platform/log";
import type { AssignedRun } from "./assignment-writer";
import { SchedulingPass } from "./scheduling-pass";

/** Answers `schedule`: one pass, then the hosts of the assigned runs are rung. */
@Injectable()
export class Scheduler implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly doorbells: Doorbells,
    private readonly clock: Clock,
    private readonly log: Log,
    @Optional() private readonly schedulingPass = new SchedulingPass(),
  ) {}

  onModuleInit(): void {
    this.doorbells.answer("schedule", async () => {
      await this.pass();
    });
  }

  async pass(): Promise<AssignedRun[]> {
    const { assigned, unfinished } = await this.database.transaction((transaction) =>
      this.schedulingPass.run(transaction, this.clock.now()),
    );
    for (const { queueName, runId, epoch } of assigned) this.doorbells.ringHost(queueName, runId, epoch);
    if (unfinished > 0) this.doorbells.ring("schedule");
    if (assigned.length > 0) this.log.info("assigned runs", { count: assigned.length });
    return assigned;
  }
}
