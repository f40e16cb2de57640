/** What one run measured and read. */
import { Controller, Get, Param, ParseUUIDPipe, Query } from "@nestjs/common";
import { ApiTags } from "@nestjs/swagger";
import { createZodDto, ZodResponse } from "nestjs-zod";
import { z } from "zod";
import { Roles } from "../platform/caller";
import { decodeCursor, pageOf, pageQuery } from "../platform/page";
import { RunsRepository } from "../runs/runs.repository";
import { cmdlogView, latencyView, metricView, rollupView, sampleView, snapshotView } from "./results-view";
import { RunResults } from "./run-results.service";

const MAX_COMMANDS = 1 << 16;
const path = z.string().max(1024).optional().describe("step path");

class MetricQuery extends createZodDto(
  pageQuery.extend({ path, metric: z.string().max(128).optional().describe("name without its step") }),
) {}
class SampleQuery extends createZodDto(pageQuery.extend({ path })) {}
class LatencyQuery extends createZodDto(
  z.object({
    path,
    worker: z.coerce.number().int().min(0).max(65535).optional().describe("all together if not given"),
  }),
) {}
class SnapshotQuery extends createZodDto(
  pageQuery.extend({
    path,
    of: z.string().max(128).optional().describe("what was read, for example smart"),
    raw: z.enum(["true", "false"]).default("false").describe("with the pages as they were read"),
  }),
) {}
class CmdlogQuery extends createZodDto(
  z.object({
    last: z.coerce.number().int().min(1).max(MAX_COMMANDS).default(64).describe("newest commands of each queue"),
  }),
) {}
class MetricPage extends createZodDto(pageOf(metricView)) {}
class SamplePage extends createZodDto(pageOf(sampleView)) {}
class RollupPage extends createZodDto(pageOf(rollupView)) {}
class SnapshotPage extends createZodDto(pageOf(snapshotView)) {}
class LatencyDto extends createZodDto(z.object({ items: z.array(latencyView) })) {}
class CmdlogDto extends createZodDto(cmdlogView) {}

const METRIC_KEY = z.tuple([z.int32(), z.string(), z.string()]);
const SAMPLE_KEY = z.tuple([z.int32(), z.int32()]);
const SNAPSHOT_KEY = z.tuple([z.int32()]);
const ROLLUP_KEY = z.tuple([z.iso.datetime(), z.string(), z.int32()]);

@ApiTags("results")
@Controller("api/v1/runs")
@Roles("viewer")
export class RunResultsController {
  constructor(
    private readonly results: RunResults,
    private readonly runs: RunsRepository,
  ) {}

  @Get(":id/metrics")
  @ZodResponse({ status: 200, type: MetricPage })
  async listRunMetrics(@Param("id", ParseUUIDPipe) id: string, @Query() { cursor, limit, path, metric }: MetricQuery) {
    await this.runs.view(id);
    return (await this.results.metrics(id, { path, metric }, decodeCursor(cursor, METRIC_KEY), limit)) as never;
  }

  @Get(":id/samples")
  @ZodResponse({ status: 200, type: SamplePage })
  async listRunSamples(@Param("id", ParseUUIDPipe) id: string, @Query() { cursor, limit, path }: SampleQuery) {
    await this.runs.view(id);
    return (await this.results.samples(id, path, decodeCursor(cursor, SAMPLE_KEY), limit)) as never;
  }

  @Get(":id/cmdlog")
  @ZodResponse({ status: 200, type: CmdlogDto })
  async getRunCmdlog(@Param("id", ParseUUIDPipe) id: string, @Query() { last }: CmdlogQuery) {
    await this.runs.view(id);
    return (await this.results.cmdlog(id, last)) as never;
  }

  /** By the minute: kept when the samples have gone. */
  @Get(":id/rollups")
  @ZodResponse({ status: 200, type: RollupPage })
  async listRunRollups(@Param("id", ParseUUIDPipe) id: string, @Query() { cursor, limit, path }: SampleQuery) {
    await this.runs.view(id);
    return (await this.results.rollups(id, path, decodeCursor(cursor, ROLLUP_KEY), limit)) as never;
  }

  /** Latency of every step by operation, with all its workers, iterations and moments added up. */
  @Get(":id/histograms")
  @ZodResponse({ status: 200, type: LatencyDto })
  async listRunHistograms(@Param("id", ParseUUIDPipe) id: string, @Query() { path, worker }: LatencyQuery) {
    await this.runs.view(id);
    return { items: (await this.results.latencies(id, path, worker)) as never };
  }

  /** The drive's own pages: identify, SMART, logs, registers. */
  @Get(":id/snapshots")
  @ZodResponse({ status: 200, type: SnapshotPage })
  async listRunSnapshots(
    @Param("id", ParseUUIDPipe) id: string,
    @Query() { cursor, limit, raw, ...filter }: SnapshotQuery,
  ) {
    await this.runs.view(id);
    const after = decodeCursor(cursor, SNAPSHOT_KEY)?.[0] ?? null;
    return (await this.results.snapshots(id, { ...filter, raw: raw === "true" }, after, limit)) as never;
  }
}
