import { Controller, Get, Param, ParseUUIDPipe } from "@nestjs/common";
import { ApiTags } from "@nestjs/swagger";
import { createZodDto, ZodResponse } from "nestjs-zod";
import { z } from "zod";
import { Roles } from "../platform/caller";
import { Database } from "../platform/database";
import { runView } from "../runs/run-view";
import { RunsRepository } from "../runs/runs.repository";
import { explainRun, type RunSituation } from "./explain-run";
import { readingQuery } from "./reading-query";

class ExplanationDto extends createZodDto(
  runView.pick({ id: true, state: true, verdict: true }).extend({
    summary: z.string(),
    because: z.array(z.string()),
    next: z.array(z.string()).describe("what will happen by itself, or who must do something"),
    commands: z.array(z.string()).describe("what a person can do about it"),
  }),
) {}

@ApiTags("results")
@Controller("api/v1/runs")
@Roles("viewer")
export class ExplanationController {
  constructor(
    private readonly runs: RunsRepository,
    private readonly database: Database,
  ) {}

  /** Why it is queued, held or came out as it did, and what happens next, in words. */
  @Get(":id/explanation")
  @ZodResponse({ status: 200, type: ExplanationDto })
  async explainRun(@Param("id", ParseUUIDPipe) id: string) {
    const run = await this.runs.detail(id);
    const [around] = await this.database.query<RunSituation & Record<string, unknown>>(readingQuery("run-situation"), [
      id,
    ]);
    return { id, state: run.state, verdict: run.verdict, ...explainRun(run, around!) };
  }
}
