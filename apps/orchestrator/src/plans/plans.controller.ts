import { contentHash, type Problem, parsePlan } from "@assay/plans";
import { Body, Controller, Get, HttpCode, Param, Post, Query } from "@nestjs/common";
import { ApiTags } from "@nestjs/swagger";
import { createZodDto, ZodResponse } from "nestjs-zod";
import { z } from "zod";
import { type Caller, CurrentCaller, Roles } from "../platform/caller";
import { Clock } from "../platform/clock";
import { decodeCursor, pageOf, pageQuery, toPage } from "../platform/page";
import { problem } from "../platform/problem";
import { PlanStore, type RevisionRow } from "./plan-store";

/** A plan is a page that a person reads. */
const MAX_SOURCE = 1024 * 1024;
const MAX_REVISIONS = 500;

const revisionView = z.object({
  name: z.string(),
  version: z.string(),
  hash: z.string().describe("of the content with its defaults: what identifies a plan"),
  sourceHash: z.string(),
  fromCatalog: z.boolean(),
  createdAt: z.iso.datetime(),
  createdBy: z.string(),
});

class PlanSource extends createZodDto(z.object({ source: z.string().min(1).max(MAX_SOURCE).describe("YAML") })) {}
class PushedDto extends createZodDto(
  z.object({ name: z.string(), version: z.string(), hash: z.string(), created: z.boolean() }),
) {}
class ValidatedDto extends createZodDto(
  z.object({
    valid: z.boolean(),
    hash: z.string().nullable(),
    problems: z.array(
      z.object({ message: z.string(), line: z.number().int(), column: z.number().int(), path: z.string() }),
    ),
  }),
) {}
class PlanQuery extends createZodDto(pageQuery) {}
class PlanPageDto extends createZodDto(pageOf(revisionView)) {}
class PlanDto extends createZodDto(
  z.object({ name: z.string(), revisions: z.array(revisionView).describe("newest first"), source: z.string() }),
) {}
class RevisionDto extends createZodDto(revisionView.extend({ source: z.string() })) {}

function toView({ name, version, hash, sourceHash, fromCatalog, createdAt, createdBy }: RevisionRow) {
  return { name, version, hash, sourceHash, fromCatalog, createdAt: createdAt.toISOString(), createdBy };
}

@ApiTags("plans")
@Controller("api/v1/plans")
export class PlansController {
  constructor(
    private readonly store: PlanStore,
    private readonly clock: Clock,
  ) {}

  @Get()
  @Roles("viewer")
  @ZodResponse({ status: 200, type: PlanPageDto })
  async listPlans(@Query() { cursor, limit }: PlanQuery) {
    const after = decodeCursor(cursor, z.tuple([z.string()]));
    return toPage(await this.store.newest(after?.[0] ?? null, limit), limit, (row) => [row.name], toView);
  }

  @Post()
  @Roles("operator")
  @ZodResponse({ status: 201, type: PushedDto })
  async pushPlan(@CurrentCaller() caller: Caller, @Body() { source }: PlanSource) {
    const parsed = parsePlan(source);
    if ("problems" in parsed) throw problem("invalid-plan", summary(parsed.problems), parsed.problems);
    const by = { createdBy: caller.name, at: this.clock.now(), fromCatalog: false };
    return this.store.keep(parsed.plan, source, by);
  }

  /** Never an error for an invalid plan: the problems are the answer. */
  @Post("validate")
  @HttpCode(200)
  @Roles("viewer")
  @ZodResponse({ status: 200, type: ValidatedDto })
  validatePlan(@Body() { source }: PlanSource) {
    const parsed = parsePlan(source);
    if ("problems" in parsed) return { valid: false, hash: null, problems: parsed.problems };
    return { valid: true, hash: contentHash(parsed.plan), problems: [] };
  }

  @Get(":name")
  @Roles("viewer")
  @ZodResponse({ status: 200, type: PlanDto })
  async getPlan(@Param("name") name: string) {
    const revisions = await this.store.revisions(name, MAX_REVISIONS);
    const [newest] = revisions;
    if (newest === undefined) throw problem("not-found", `there is no plan ${name}`);
    return { name, revisions: revisions.map(toView), source: newest.source };
  }

  @Get(":name/revisions/:hash")
  @Roles("viewer")
  @ZodResponse({ status: 200, type: RevisionDto })
  async getPlanRevision(@Param("name") name: string, @Param("hash") hash: string) {
    const row = await this.store.revision(name, hash);
    if (row === null) throw problem("not-found", `plan ${name} has no revision ${hash}`);
    return { ...toView(row), source: row.source };
  }
}

function summary([first, ...more]: Problem[]): string {
  const rest = more.length > 0 ? ` (and ${more.length} more)` : "";
  return `line ${first?.line}, column ${first?.column}: ${first?.message}${rest}`;
}
