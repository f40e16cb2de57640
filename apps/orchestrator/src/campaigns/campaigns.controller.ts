import { Body, Controller, Get, HttpCode, Param, ParseUUIDPipe, Post, Query } from "@nestjs/common";
import { ApiTags } from "@nestjs/swagger";
import { createZodDto, ZodResponse } from "nestjs-zod";
import { z } from "zod";
import { type Caller, CurrentCaller, Roles } from "../platform/caller";
import { decodeCursor, pageOf, pageQuery, toPage } from "../platform/page";
import { parameterValues, priority } from "../runs/run-wish";
import { campaignDetailView, campaignView } from "./campaign-view";
import { CampaignsRepository } from "./campaigns.repository";
import { CampaignsService } from "./campaigns.service";

const MAX_PLANS = 100;
const MAX_NAMED_DUTS = 5000;

class CreateCampaign extends createZodDto(
  z.object({
    name: z.string().trim().min(1).max(200),
    plans: z
      .array(
        z.object({
          name: z.string().min(1).max(128),
          hash: z.string().max(128).optional(),
          parameters: parameterValues.default({}),
        }),
      )
      .min(1)
      .max(MAX_PLANS)
      .describe("per DUT they run in this order"),
    select: z
      .object({
        labels: z.record(z.string().max(64), z.string().max(256)).optional(),
        duts: z.array(z.string().min(1).max(64)).min(1).max(MAX_NAMED_DUTS).optional().describe("serials or ids"),
      })
      .refine(({ labels, duts }) => duts !== undefined || Object.keys(labels ?? {}).length > 0, "name labels or DUTs"),
    priority,
  }),
) {}
class CampaignPageQuery extends createZodDto(pageQuery) {}
class WhyDto extends createZodDto(z.object({ reason: z.string().trim().min(1).max(1000).optional() }).default({})) {}
class CampaignDetailDto extends createZodDto(campaignDetailView) {}
class CampaignPageDto extends createZodDto(pageOf(campaignView)) {}

const CURSOR = z.tuple([z.iso.datetime(), z.uuid()]);

@ApiTags("campaigns")
@Controller("api/v1/campaigns")
export class CampaignsController {
  constructor(
    private readonly campaigns: CampaignsService,
    private readonly repository: CampaignsRepository,
  ) {}

  @Get()
  @Roles("viewer")
  @ZodResponse({ status: 200, type: CampaignPageDto })
  async listCampaigns(@Query() { cursor, limit }: CampaignPageQuery) {
    const rows = await this.repository.list(decodeCursor(cursor, CURSOR), limit);
    return toPage(
      rows,
      limit,
      (campaign) => [campaign.createdAt, campaign.id],
      (campaign) => campaign,
    );
  }

  @Post()
  @Roles("operator")
  @ZodResponse({ status: 201, type: CampaignDetailDto })
  async createCampaign(@CurrentCaller() caller: Caller, @Body() wish: CreateCampaign) {
    return this.repository.detail(await this.campaigns.create(wish, caller.name));
  }

  @Get(":id")
  @Roles("viewer")
  @ZodResponse({ status: 200, type: CampaignDetailDto })
  getCampaign(@Param("id", ParseUUIDPipe) id: string) {
    return this.repository.detail(id);
  }

  /** Runs under way go on; no further one starts. */
  @Post(":id/pause")
  @HttpCode(200)
  @Roles("operator")
  @ZodResponse({ status: 200, type: CampaignDetailDto })
  async pauseCampaign(@CurrentCaller() caller: Caller, @Param("id", ParseUUIDPipe) id: string, @Body() why: WhyDto) {
    await this.campaigns.setIntent(id, "paused", caller.name, why.reason ?? null);
    return this.repository.detail(id);
  }

  @Post(":id/resume")
  @HttpCode(200)
  @Roles("operator")
  @ZodResponse({ status: 200, type: CampaignDetailDto })
  async resumeCampaign(@CurrentCaller() caller: Caller, @Param("id", ParseUUIDPipe) id: string, @Body() why: WhyDto) {
    await this.campaigns.setIntent(id, "active", caller.name, why.reason ?? null);
    return this.repository.detail(id);
  }

  /** Runs that wait are aborted at once, running ones are asked to end. */
  @Post(":id/cancel")
  @HttpCode(200)
  @Roles("operator")
  @ZodResponse({ status: 200, type: CampaignDetailDto })
  async cancelCampaign(@CurrentCaller() caller: Caller, @Param("id", ParseUUIDPipe) id: string, @Body() why: WhyDto) {
    await this.campaigns.setIntent(id, "cancelled", caller.name, why.reason ?? null);
    return this.repository.detail(id);
  }
}
