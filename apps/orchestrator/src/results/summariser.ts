import { Injectable, type OnModuleInit } from "@nestjs/common";
import { Clock } from "../platform/clock";
import { Database } from "../platform/database";
import { Doorbells } from "../platform/doorbells";
import { Log } from "../platform/log";
import { type Conclusion, concludeRun } from "./conclude-run";
import { rollUp } from "./roll-up";

/** Answers `summarise`: looks at one run and, where it has ended, gives its verdict. */
@Injectable()
export class Summariser implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly doorbells: Doorbells,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  onModuleInit(): void {
    this.doorbells.answer("summarise", async (runId) => {
      if (runId !== null) await this.summarise(runId);
    });
  }

  async summarise(runId: string): Promise<Conclusion | null> {
    const conclusion = await this.database.transaction((transaction) =>
      concludeRun(transaction, runId, this.clock.now()),
    );
    if (conclusion === null) return null;
    const { judgement, retryId, rollUpOf } = conclusion;
    if (judgement !== null) {
      const { verdict, reason, attribution } = judgement;
      this.log.info("run has its verdict", { runId, verdict, reason, attribution: attribution?.cause, retryId });
    }
    this.doorbells.ring("schedule");
    if (rollUpOf !== null) {
      // Not part of the verdict: what fails here is made up for before the samples go.
      await rollUp(this.database, runId, rollUpOf).catch((error: Error) =>
        this.log.warn("samples were not rolled up", { runId, reason: error.message }),
      );
    }
    return conclusion;
  }
}
