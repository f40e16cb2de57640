import { Body, Controller, Get, HttpCode, Param, Post, Query } from "@nestjs/common";
import { ApiTags } from "@nestjs/swagger";
import { createZodDto, ZodResponse } from "nestjs-zod";
import { z } from "zod";
import { Roles } from "../platform/caller";
import { Doorbells } from "../platform/doorbells";
import { decodeCursor, pageOf, pageQuery, toPage } from "../platform/page";
import { hostDetailView, hostView, toHost, toWire } from "./fleet-views";
import { HostsRepository } from "./hosts.repository";

class HostDetailDto extends createZodDto(hostDetailView) {}
class HostPageDto extends createZodDto(pageOf(hostView)) {}
class HostQuery extends createZodDto(pageQuery) {}
class DrainHost extends createZodDto(z.object({ reason: z.string().trim().min(1).max(1000).optional() }).default({})) {}

@ApiTags("fleet")
@Controller("api/v1/hosts")
export class HostsController {
  constructor(
    private readonly hosts: HostsRepository,
    private readonly doorbells: Doorbells,
  ) {}

  @Get()
  @Roles("viewer")
  @ZodResponse({ status: 200, type: HostPageDto })
  async listHosts(@Query() { cursor, limit }: HostQuery) {
    const after = decodeCursor(cursor, z.tuple([z.string()]));
    return toPage(await this.hosts.list(after?.[0] ?? null, limit), limit, (row) => [row.name as string], toHost);
  }

  @Get(":host")
  @Roles("viewer")
  @ZodResponse({ status: 200, type: HostDetailDto })
  getHost(@Param("host") name: string) {
    return this.detail(name);
  }

  /** What runs there ends in peace; nothing new starts. */
  @Post(":host/drain")
  @HttpCode(200)
  @Roles("operator")
  @ZodResponse({ status: 200, type: HostDetailDto })
  async drainHost(@Param("host") name: string, @Body() { reason }: DrainHost) {
    await this.hosts.changeIntent(name, ["active"], "draining", reason ?? null);
    this.doorbells.ring("schedule");
    return this.detail(name);
  }

  @Post(":host/undrain")
  @HttpCode(200)
  @Roles("operator")
  @ZodResponse({ status: 200, type: HostDetailDto })
  async undrainHost(@Param("host") name: string) {
    await this.hosts.changeIntent(name, ["draining", "maintenance"], "active", null);
    this.doorbells.ring("schedule");
    return this.detail(name);
  }

  private async detail(name: string): Promise<z.infer<typeof hostDetailView>> {
    const host = await this.hosts.find(name);
    const slots = await this.hosts.slots(host.id);
    return {
      ...toHost(host),
      slots: slots.map((slot) => toWire<z.infer<typeof hostDetailView>["slots"][number]>(slot)),
    };
  }
}
