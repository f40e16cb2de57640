import { type BeforeApplicationShutdown, Injectable, type OnModuleInit } from "@nestjs/common";
import { Clock } from "../platform/clock";
import { Database } from "../platform/database";
import { Log } from "../platform/log";
import { Periodic } from "../platform/periodic";
import { Startup } from "../platform/startup";
import { findNotRolledUp, rollUp } from "../results/roll-up";
import { dropPartition, findExpiredPartitions, makePartitionsAhead, makePartitionsOf } from "./partitions";

const EVERY_MS = 30 * 60 * 1000;
const ROLL_UPS_PER_ROUND = 1000;

/** Telemetry partitions: there before the first event, ahead of midnight, gone when retention ends. */
@Injectable()
export class PartitionKeeper implements OnModuleInit, BeforeApplicationShutdown {
  private readonly periodic: Periodic;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly startup: Startup,
    private readonly log: Log,
  ) {
    this.periodic = new Periodic("keeping partitions", EVERY_MS, () => this.keep(), log);
  }

  onModuleInit(): void {
    this.startup.prepare("telemetry partitions", () => this.makeAhead());
    this.startup.begin("keeping partitions", async () => this.periodic.start());
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.periodic.stop();
  }

  private async makeAhead(): Promise<void> {
    const made = await this.database.transaction((transaction) => makePartitionsAhead(transaction, this.clock.now()));
    if (made.length > 0) this.log.info("made telemetry partitions", { count: made.length });
  }

  /** One round. */
  async keep(): Promise<void> {
    await this.makeAhead();
    for (const partition of await findExpiredPartitions(this.database, this.clock.now())) {
      const { name, table, from, to, pinned } = partition;
      if (table === "sample" && !(await this.keepRollUps(from, to))) continue;
      await this.database.transaction((transaction) => dropPartition(transaction, partition));
      this.log.info("dropped a telemetry partition that retention ended", { name, pinnedRuns: pinned.length });
    }
  }

  /** What is left of samples when they have gone. @returns false while some are still to be made: the next round goes on. */
  private async keepRollUps(from: string, to: string): Promise<boolean> {
    const runs = await findNotRolledUp(this.database, from, to, ROLL_UPS_PER_ROUND);
    for (const { runId, day } of runs) {
      await this.database.transaction((transaction) => makePartitionsOf(transaction, day));
      await rollUp(this.database, runId, day);
    }
    return runs.length < ROLL_UPS_PER_ROUND;
  }
}
