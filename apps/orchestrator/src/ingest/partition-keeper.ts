import { type BeforeApplicationShutdown, Injectable, type OnModuleInit } from "@nestjs/common";
import { Clock } from "../platform/clock";
import { Database } from "../platform/database";
import { Log } from "../platform/log";
import { Periodic } from "../platform/periodic";
import { Startup } from "../platform/startup";
import { dropPartition, findExpiredPartitions, makePartitionsAhead } from "./partitions";

const EVERY_MS = 30 * 60 * 1000;

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

  private async keep(): Promise<void> {
    await this.makeAhead();
    for (const name of await findExpiredPartitions(this.database, this.clock.now())) {
      await this.database.transaction((transaction) => dropPartition(transaction, name));
      this.log.info("dropped a telemetry partition that retention ended", { name });
    }
  }
}
