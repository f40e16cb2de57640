import { claimRequestSchema, type RunOrder, wireRefusal } from "@assay/protocol";
import { Body, Controller, HttpCode, Param, ParseUUIDPipe, Post } from "@nestjs/common";
import { ApiExcludeController } from "@nestjs/swagger";
import { createZodDto } from "nestjs-zod";
import { type Caller, CurrentCaller, Roles } from "../platform/caller";
import { Clock } from "../platform/clock";
import { Database } from "../platform/database";
import { Doorbells } from "../platform/doorbells";
import { Log } from "../platform/log";
import { problem } from "../platform/problem";
import { claimRun } from "./claim-run";

class ClaimRequestDto extends createZodDto(claimRequestSchema) {}

/** The agent's side: libs/protocol/src/agent-api.ts is its contract. */
@ApiExcludeController()
@Controller("api/v1/agent/runs")
@Roles("agent")
export class ClaimController {
  constructor(
    private readonly database: Database,
    private readonly doorbells: Doorbells,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  @Post(":id/claim")
  @HttpCode(200)
  async claimRun(
    @CurrentCaller() caller: Caller,
    @Param("id", ParseUUIDPipe) runId: string,
    @Body() { wireVersion, epoch }: ClaimRequestDto,
  ): Promise<RunOrder> {
    const refusal = wireRefusal(wireVersion);
    if (refusal !== null) throw problem("wire-version", refusal);
    const claim = { runId, hostId: caller.hostId!, epoch, now: this.clock.now() };
    const answer = await this.database.transaction((transaction) => claimRun(transaction, claim));
    switch (answer.kind) {
      case "order":
        if (answer.isNew) this.log.info("run claimed", { runId, epoch, host: caller.name });
        return answer.order;
      case "unknown":
        throw problem("not-found", `there is no run ${runId}`);
      case "forbidden":
        throw problem("forbidden", `run ${runId} is not of this host`);
      case "refused":
        this.doorbells.ring("schedule");
        throw problem("lease-not-yours", answer.reason);
    }
  }
}
