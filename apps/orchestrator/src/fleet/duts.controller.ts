import { Body, Controller, Get, HttpCode, Param, Post, Put, Query } from "@nestjs/common";
import { ApiTags } from "@nestjs/swagger";
import { createZodDto, ZodResponse } from "nestjs-zod";
import { z } from "zod";
import { type Caller, CurrentCaller, Roles } from "../platform/caller";
import { Doorbells } from "../platform/doorbells";
import { decodeCursor, pageOf, pageQuery, toPage } from "../platform/page";
import { DutHolds } from "./dut-holds";
import { DutsRepository } from "./duts.repository";
import { dutDetailView, dutView, type Row, toWire } from "./fleet-views";

type DutView = z.infer<typeof dutView>;
type DutDetail = z.infer<typeof dutDetailView>;

const labelKey = z.string().regex(/^[a-z0-9][a-z0-9._/-]{0,62}$/);
class DutPageDto extends createZodDto(pageOf(dutView)) {}
class DutDetailDto extends createZodDto(dutDetailView) {}
class DutQuery extends createZodDto(
  pageQuery.extend({ label: z.string().max(200).optional().describe("`key=value`; only DUTs that carry it") }),
) {}
class HoldDut extends createZodDto(z.object({ reason: z.string().trim().min(1).max(1000) })) {}
class DutLabels extends createZodDto(z.object({ labels: z.record(labelKey, z.string().max(200)) })) {}

@ApiTags("fleet")
@Controller("api/v1/duts")
export class DutsController {
  constructor(
    private readonly duts: DutsRepository,
    private readonly holds: DutHolds,
    private readonly doorbells: Doorbells,
  ) {}

  @Get()
  @Roles("viewer")
  @ZodResponse({ status: 200, type: DutPageDto })
  async listDuts(@Query() { cursor, limit, label }: DutQuery) {
    const rows = await this.duts.list(decodeCursor(cursor, z.tuple([z.string(), z.uuid()])), limit, labelOf(label));
    return toPage(
      rows,
      limit,
      (row) => [row.serial as string, row.id as string],
      (row) => toWire<DutView>(row),
    );
  }

  @Get(":dut")
  @Roles("viewer")
  @ZodResponse({ status: 200, type: DutDetailDto })
  getDut(@Param("dut") name: string) {
    return this.detail(name);
  }

  /** Kept as it is: powered, untouched, no further plan, until somebody releases it. */
  @Post(":dut/hold")
  @HttpCode(200)
  @Roles("operator")
  @ZodResponse({ status: 200, type: DutDetailDto })
  async holdDut(@CurrentCaller() caller: Caller, @Param("dut") name: string, @Body() { reason }: HoldDut) {
    await this.holds.hold(name, "hold", caller.name, reason);
    return this.detail(name);
  }

  @Post(":dut/quarantine")
  @HttpCode(200)
  @Roles("operator")
  @ZodResponse({ status: 200, type: DutDetailDto })
  async quarantineDut(@CurrentCaller() caller: Caller, @Param("dut") name: string, @Body() { reason }: HoldDut) {
    await this.holds.hold(name, "quarantined", caller.name, reason);
    return this.detail(name);
  }

  @Post(":dut/release")
  @HttpCode(200)
  @Roles("operator")
  @ZodResponse({ status: 200, type: DutDetailDto })
  async releaseDut(@CurrentCaller() caller: Caller, @Param("dut") name: string, @Body() { reason }: HoldDut) {
    await this.holds.release(name, caller.name, reason);
    return this.detail(name);
  }

  /** Replaces the DUT's own labels; those of its slot stay and show through. */
  @Put(":dut/labels")
  @Roles("operator")
  @ZodResponse({ status: 200, type: DutDetailDto })
  async labelDut(@Param("dut") name: string, @Body() { labels }: DutLabels) {
    await this.duts.setLabels((await this.duts.find(name)).id, labels);
    this.doorbells.ring("schedule");
    return this.detail(name);
  }

  private async detail(name: string): Promise<DutDetail> {
    const dut = await this.duts.find(name);
    const history = await this.duts.history(dut.id);
    const lists = Object.fromEntries(
      Object.entries(history).map(([key, rows]) => [key, rows.map((row: Row) => toWire(row))]),
    ) as Pick<DutDetail, keyof typeof history>;
    return { ...toWire<DutDetail>(dut), ...lists };
  }
}

function labelOf(text: string | undefined): Record<string, string> {
  if (text === undefined) return {};
  const at = text.indexOf("=");
  return at < 0 ? { [text]: "" } : { [text.slice(0, at)]: text.slice(at + 1) };
}
