import { Controller, Get, Query } from "@nestjs/common";
import { ApiTags } from "@nestjs/swagger";
import { createZodDto, ZodResponse } from "nestjs-zod";
import { z } from "zod";
import { Roles } from "../platform/caller";
import { CompareService } from "./compare.service";
import { comparisonView, statusDutView } from "./results-view";
import { RunResults } from "./run-results.service";

const MAX_DUTS = 1000;

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
class ComparisonDto extends createZodDto(comparisonView) {}

@ApiTags("results")
@Controller("api/v1")
@Roles("viewer")
export class ResultsController {
  constructor(
    private readonly results: RunResults,
    private readonly comparing: CompareService,
  ) {}

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
