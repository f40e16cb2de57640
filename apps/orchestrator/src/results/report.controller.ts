/** What is kept of a run or a campaign, whole, for whoever judges or repeats it elsewhere. */
import { Readable } from "node:stream";
import { Controller, Get, Param, ParseUUIDPipe, Res } from "@nestjs/common";
import { ApiOkResponse, ApiProduces, ApiTags } from "@nestjs/swagger";
import type { FastifyReply } from "fastify";
import { Roles } from "../platform/caller";
import { Clock } from "../platform/clock";
import { Config } from "../platform/config";
import { Database } from "../platform/database";
import { problem } from "../platform/problem";
import { RunsRepository } from "../runs/runs.repository";
import { campaignReport, type ReportRecord, type ReportSource, runReport } from "./report";
import { RunResults } from "./run-results.service";

/** Each reads through all that a run or a campaign has; others wait their turn. */
const MAX_REPORTS = 8;
const JSON_LINES = "application/jsonl";
const LINES = { description: "a record a line; the last one is `end` (see docs of results/report.ts)" };

@ApiTags("results")
@Controller("api/v1")
@Roles("viewer")
export class ReportController {
  private underWay = 0;
  private readonly source: ReportSource;

  constructor(
    runs: RunsRepository,
    results: RunResults,
    database: Database,
    private readonly clock: Clock,
    private readonly config: Config,
  ) {
    this.source = { runs, results, database };
  }

  /** JSON lines: run, plan, DUT, criteria, latencies, journal, roll-ups and commands, and a last line `end`. */
  @Get("runs/:id/report")
  @ApiProduces(JSON_LINES)
  @ApiOkResponse(LINES)
  async getRunReport(@Param("id", ParseUUIDPipe) id: string, @Res() reply: FastifyReply): Promise<void> {
    await this.send(reply, await runReport(this.source, id, this.head()));
  }

  /** JSON lines: the campaign, then all that its runs have, and a last line `end`. */
  @Get("campaigns/:id/report")
  @ApiProduces(JSON_LINES)
  @ApiOkResponse(LINES)
  async getCampaignReport(@Param("id", ParseUUIDPipe) id: string, @Res() reply: FastifyReply): Promise<void> {
    const records = await campaignReport(this.source, id, this.head());
    if (records === null) throw problem("not-found", `there is no campaign ${id}`);
    await this.send(reply, records);
  }

  private head() {
    return { at: this.clock.now(), assay: this.config.version };
  }

  private async send(reply: FastifyReply, records: AsyncGenerator<ReportRecord>): Promise<void> {
    if (this.underWay >= MAX_REPORTS) throw problem("too-many-requests", `${MAX_REPORTS} reports are being sent`);
    this.underWay++;
    const parts = Readable.from(lines(records), { objectMode: false });
    parts.once("close", () => {
      this.underWay--;
    });
    void reply.header("content-type", JSON_LINES).header("cache-control", "no-store");
    await reply.send(parts);
  }
}

async function* lines(records: AsyncIterable<ReportRecord>): AsyncGenerator<string> {
  for await (const one of records) yield `${JSON.stringify(one, decimal)}\n`;
}

/** Integers above 2^53 are decimal texts. */
function decimal(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}
