import { Controller, Get, Param, ParseUUIDPipe, Query } from "@nestjs/common";
import { ApiTags } from "@nestjs/swagger";
import { createZodDto, ZodResponse } from "nestjs-zod";
import { z } from "zod";
import { Roles } from "../platform/caller";
import { decodeCursor, pageOf, pageQuery } from "../platform/page";
import { RunsRepository } from "../runs/runs.repository";
import { CompareService } from "./compare.service";
import { cmdlogView, comparisonView, metricView, sampleView, statusDutView } from "./results-view";
import { RunResults } from "./run-results.service";

const MAX_COMMANDS = 1 << 16;
const MAX_DUTS = 1000;

class MetricQuery extends createZodDto(
  pageQuery.extend({
    path: z.string().max(1024).optional().describe("step path"),
    metric: z.string().max(128).optional().describe("name without its step"),
  }),
) {}
class SampleQuery extends createZodDto(pageQuery.extend({ path: z.string().max(1024).optional() })) {}
class CmdlogQuery extends createZodDto(
  z.object({
    last: z.coerce.number().int().min(1).max(MAX_COMMANDS).default(64).describe("newest commands of each queue"),
  }),
) {}
class CompareQuery extends createZodDto(
  z.object({
    plan: z.string().min(1).max(128),
    metric: z.string().min(3).max(256).describe("<step id>.<metric>"),
    a: z.string().min(1).max(64).describe("firmware revision"),
    b: z.string().min(1).max(64).describe("firmware revision"),
    model: z.string().max(64).optional(),
  }),
) {}
class StatusQuery extends createZodDto(
  z.object({
    status: z
      .string()
      .regex(/^[0-7]{1,2}\/[0-9a-fA-F]{1,2}$/, "write sct/sc, hexadecimal, for example 02/81")
      .describe("sct/sc, hexadecimal"),
    opcode: z.coerce.number().int().min(0).max(255).optional(),
    firmware: z.string().max(64).optional().describe("revision at the start of the run"),
    limit: z.coerce.number().int().min(1).max(MAX_DUTS).default(100),
  }),
) {}
class StatusDuts extends createZodDto(z.object({ items: z.array(statusDutView) })) {}
class MetricPage extends createZodDto(pageOf(metricView)) {}
class SamplePage extends createZodDto(pageOf(sampleView)) {}
class CmdlogDto extends createZodDto(cmdlogView) {}
class ComparisonDto extends createZodDto(comparisonView) {}

const METRIC_KEY = z.tuple([z.int32(), z.string(), z.string()]);
const SAMPLE_KEY = z.tuple([z.int32(), z.int32()]);

@ApiTags("results")
@Controller("api/v1")
@Roles("viewer")
export class ResultsController {
  constructor(
    private readonly results: RunResults,
    private readonly runs: RunsRepository,
    private readonly comparing: CompareService,
  ) {}

  @Get("runs/:id/metrics")
  @ZodResponse({ status: 200, type: MetricPage })
  async listRunMetrics(@Param("id", ParseUUIDPipe) id: string, @Query() { cursor, limit, path, metric }: MetricQuery) {
    await this.runs.view(id);
    return (await this.results.metrics(id, { path, metric }, decodeCursor(cursor, METRIC_KEY), limit)) as never;
  }

  @Get("runs/:id/samples")
  @ZodResponse({ status: 200, type: SamplePage })
  async listRunSamples(@Param("id", ParseUUIDPipe) id: string, @Query() { cursor, limit, path }: SampleQuery) {
    await this.runs.view(id);
    return (await this.results.samples(id, path, decodeCursor(cursor, SAMPLE_KEY), limit)) as never;
  }

  @Get("runs/:id/cmdlog")
  @ZodResponse({ status: 200, type: CmdlogDto })
  async getRunCmdlog(@Param("id", ParseUUIDPipe) id: string, @Query() { last }: CmdlogQuery) {
    await this.runs.view(id);
    return (await this.results.cmdlog(id, last)) as never;
  }

  /** Which drives ever answered with this status, from the flight recorders that were kept. */
  @Get("statuses")
  @ZodResponse({ status: 200, type: StatusDuts })
  async listDutsByStatus(@Query() { status, opcode, firmware, limit }: StatusQuery) {
    const [sct, sc] = status.split("/").map((part) => Number.parseInt(part, 16)) as [number, number];
    return { items: (await this.results.dutsByStatus({ sct, sc, opcode, firmware }, limit)) as never };
  }

  @Get("compare")
  @ZodResponse({ status: 200, type: ComparisonDto })
  async compare(@Query() question: CompareQuery) {
    return (await this.comparing.compare(question)) as never;
  }
}
