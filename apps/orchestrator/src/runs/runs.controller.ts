import { attributionSchema } from "@assay/protocol";
import { Body, Controller, Get, HttpCode, Param, ParseUUIDPipe, Post, Query } from "@nestjs/common";
import { ApiTags } from "@nestjs/swagger";
import { createZodDto, ZodResponse } from "nestjs-zod";
import { z } from "zod";
import { type Caller, CurrentCaller, Roles } from "../platform/caller";
import { decodeCursor, pageOf, pageQuery, toPage } from "../platform/page";
import { runDetailView, runView, toRunView } from "./run-view";
import { parameterValues, priority } from "./run-wish";
import { RunsRepository } from "./runs.repository";
import { RunsService } from "./runs.service";

const reason = z.string().trim().min(1).max(1000);

class SubmitRun extends createZodDto(
  z.object({
    plan: z.string().min(1).max(128),
    hash: z.string().max(128).optional(),
    dut: z.string().min(1).max(64).describe("serial or id"),
    parameters: parameterValues.default({}),
    seed: z
      .string()
      .regex(/^\d{1,20}$/)
      .refine((text) => BigInt(text) < 2n ** 64n, "must fit 64 bits")
      .optional(),
    priority,
  }),
) {}
class RunQuery extends createZodDto(
  pageQuery.extend({
    campaign: z.uuid().optional(),
    dut: z.string().max(64).optional().describe("serial or id"),
    state: runView.shape.state.optional(),
    verdict: z.enum(["passed", "failed", "errored", "aborted"]).optional(),
    plan: z.string().max(128).optional(),
    host: z.string().max(64).optional().describe("name or id"),
  }),
) {}
class CancelRun extends createZodDto(z.object({ reason: reason.optional() }).default({})) {}
class ReleaseRun extends createZodDto(z.object({ reason })) {}
class FenceRun extends createZodDto(z.object({ reason, retry: z.boolean().default(false) })) {}
class AttributeRun extends createZodDto(
  z.object({ cause: attributionSchema, reason, confidence: z.number().min(0).max(1).default(1) }),
) {}
class RunDto extends createZodDto(runView) {}
class RunDetailDto extends createZodDto(runDetailView) {}
class RunPageDto extends createZodDto(pageOf(runView)) {}

const CURSOR = z.tuple([z.iso.datetime(), z.uuid()]);

@ApiTags("runs")
@Controller("api/v1/runs")
export class RunsController {
  constructor(
    private readonly runs: RunsService,
    private readonly repository: RunsRepository,
  ) {}

  @Get()
  @Roles("viewer")
  @ZodResponse({ status: 200, type: RunPageDto })
  async listRuns(@Query() { cursor, limit, ...filter }: RunQuery) {
    const rows = await this.repository.list(filter, decodeCursor(cursor, CURSOR), limit);
    return toPage(
      rows.map(toRunView),
      limit,
      (run) => [run.submittedAt, run.id],
      (run) => run,
    );
  }

  @Post()
  @Roles("operator")
  @ZodResponse({ status: 201, type: RunDto })
  async submitRun(@CurrentCaller() caller: Caller, @Body() wish: SubmitRun) {
    return this.repository.view(await this.runs.submit(wish, caller.name));
  }

  @Get(":id")
  @Roles("viewer")
  @ZodResponse({ status: 200, type: RunDetailDto })
  getRun(@Param("id", ParseUUIDPipe) id: string) {
    return this.repository.detail(id);
  }

  @Post(":id/cancel")
  @HttpCode(200)
  @Roles("operator")
  @ZodResponse({ status: 200, type: RunDto })
  async cancelRun(@CurrentCaller() caller: Caller, @Param("id", ParseUUIDPipe) id: string, @Body() body: CancelRun) {
    await this.runs.cancel(id, caller.name, body.reason ?? null);
    return this.repository.view(id);
  }

  /** Lets a frozen drive go (a plan's `onError: freeze`): its run ends with the verdict that its plan says. */
  @Post(":id/release")
  @HttpCode(200)
  @Roles("operator")
  @ZodResponse({ status: 200, type: RunDto })
  async releaseRun(@CurrentCaller() caller: Caller, @Param("id", ParseUUIDPipe) id: string, @Body() body: ReleaseRun) {
    await this.runs.release(id, caller.name, body.reason);
    return this.repository.view(id);
  }

  @Post(":id/retry")
  @Roles("operator")
  @ZodResponse({ status: 201, type: RunDto })
  async retryRun(@CurrentCaller() caller: Caller, @Param("id", ParseUUIDPipe) id: string) {
    return this.repository.view(await this.runs.retry(id, caller.name));
  }

  /** Kept for ever: retention passes it by. */
  @Post(":id/pin")
  @HttpCode(200)
  @Roles("operator")
  @ZodResponse({ status: 200, type: RunDetailDto })
  async pinRun(@Param("id", ParseUUIDPipe) id: string) {
    await this.runs.setPinned(id, true);
    return this.repository.detail(id);
  }

  /** What it measured goes when retention ends. */
  @Post(":id/unpin")
  @HttpCode(200)
  @Roles("operator")
  @ZodResponse({ status: 200, type: RunDetailDto })
  async unpinRun(@Param("id", ParseUUIDPipe) id: string) {
    await this.runs.setPinned(id, false);
    return this.repository.detail(id);
  }

  /** A person says who or what is to blame: appended, the newest counts, the verdict stays. */
  @Post(":id/attributions")
  @Roles("operator")
  @ZodResponse({ status: 201, type: RunDetailDto })
  async attributeRun(
    @CurrentCaller() caller: Caller,
    @Param("id", ParseUUIDPipe) id: string,
    @Body() attribution: AttributeRun,
  ) {
    await this.runs.attribute(id, caller.name, attribution);
    return this.repository.detail(id);
  }

  /** Somebody vouches that the runner cannot touch the drive any more: its leases end. */
  @Post(":id/fence")
  @HttpCode(200)
  @Roles("operator")
  @ZodResponse({ status: 200, type: RunDto })
  async fenceRun(@CurrentCaller() caller: Caller, @Param("id", ParseUUIDPipe) id: string, @Body() body: FenceRun) {
    await this.runs.fence(id, caller.name, body.reason, body.retry);
    return this.repository.view(id);
  }
}
