import { claimRequestSchema, runOrderSchema, wireRefusal } from "@assay/protocol";
import { Body, Controller, HttpCode, Param, ParseUUIDPipe, Post } from "@nestjs/common";
import { ApiTags } from "@nestjs/swagger";
import { createZodDto, ZodResponse } from "nestjs-zod";
import { z } from "zod";
import { type Caller, CurrentCaller, Roles } from "../platform/caller";
import { Clock } from "../platform/clock";
import { Database } from "../platform/database";
import { Doorbells } from "../platform/doorbells";
import { Log } from "../platform/log";
import { problem } from "../platform/problem";
import { claimRun } from "./claim-run";

class ClaimRequestDto extends createZodDto(claimRequestSchema) {}
/** `plan` has a schema of its own (libs/plans), which the runner checks. */
class RunOrderDto extends createZodDto(
  runOrderSchema.extend({ plan: z.looseObject({}).describe("a resolved plan") }),
) {}

/** The agent's side: libs/protocol/src/agent-api.ts is its contract. */
@ApiTags("agent")
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
  @ZodResponse({ status: 200, type: RunOrderDto })
  async claimRun(
    @CurrentCaller() caller: Caller,
    @Param("id", ParseUUIDPipe) runId: string,
    @Body() { wireVersion, epoch }: ClaimRequestDto,
  ) {
    const refusal = wireRefusal(wireVersion);
    if (refusal !== null) throw problem("wire-version", refusal);
    const claim = { runId, hostId: caller.hostId!, epoch, now: this.clock.now() };
    const answer = await this.database.transaction((transaction) => claimRun(transaction, claim));
    switch (answer.kind) {
      case "order":
        if (answer.isNew) this.log.info("run claimed", { runId, epoch, host: caller.name });
        return answer.order as never;
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
