import { Body, Controller, Param, ParseUUIDPipe, Post } from "@nestjs/common";
import { ApiTags } from "@nestjs/swagger";
import { createZodDto, ZodResponse } from "nestjs-zod";
import { z } from "zod";
import { type Caller, CurrentCaller, Roles } from "../platform/caller";
import { Clock } from "../platform/clock";
import { Database } from "../platform/database";
import { runDetailView } from "../runs/run-view";
import { RunsRepository } from "../runs/runs.repository";
import { evaluateAgain } from "./evaluate-again";

const limit = z.object({
  operator: z.enum(["eq", "ne", "lt", "le", "gt", "ge"]).optional().describe("the plan's own if not given"),
  value: z.union([z.number(), z.boolean(), z.string().max(200)]).describe("as in a plan, for example `5ms`"),
});
class EvaluateRun extends createZodDto(
  z.object({
    limits: z
      .record(z.string().max(64), limit)
      .default({})
      .describe("by criterion; the others stay as the plan has them"),
    reason: z.string().trim().min(1).max(1000),
  }),
) {}
class RunDetailDto extends createZodDto(runDetailView) {}

@ApiTags("results")
@Controller("api/v1/runs")
export class EvaluationController {
  constructor(
    private readonly database: Database,
    private readonly runs: RunsRepository,
    private readonly clock: Clock,
  ) {}

  /** Judges its stored results by other limits: kept beside the verdict, which stays. */
  @Post(":id/evaluations")
  @Roles("operator")
  @ZodResponse({ status: 201, type: RunDetailDto })
  async evaluateRun(
    @CurrentCaller() caller: Caller,
    @Param("id", ParseUUIDPipe) id: string,
    @Body() wish: EvaluateRun,
  ) {
    const now = this.clock.now();
    await this.database.transaction((transaction) =>
      evaluateAgain(transaction, id, { ...wish, person: caller.name, now }),
    );
    return this.runs.detail(id);
  }
}
