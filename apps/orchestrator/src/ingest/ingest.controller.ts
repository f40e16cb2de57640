import { type EventAck, eventAckSchema, eventBatchSchema, eventSchema, MAX_EVENTS_PER_BATCH } from "@assay/protocol";
import { Body, Controller, HttpCode, Param, ParseUUIDPipe, Post, Put, Query } from "@nestjs/common";
import { ApiBody, ApiConsumes, ApiTags } from "@nestjs/swagger";
import { createZodDto, ZodResponse } from "nestjs-zod";
import { z } from "zod";
import { type Caller, CurrentCaller, Roles } from "../platform/caller";
import { problem } from "../platform/problem";
import { IngestService } from "./ingest.service";

/** Each body is read for itself: one that nobody can read must not keep the others from being stored (quarantine.ts). */
class EventBatchDto extends createZodDto(
  eventBatchSchema.extend({
    events: z
      .array(eventSchema.extend({ body: z.unknown().describe("libs/protocol/src/events.ts") }))
      .min(1)
      .max(MAX_EVENTS_PER_BATCH),
  }),
) {}
class EventAckDto extends createZodDto(eventAckSchema) {}
class NothingDto extends createZodDto(z.object({})) {}
class CmdlogQuery extends createZodDto(z.object({ epoch: z.coerce.number().int().positive() })) {}
class CmdlogPath extends createZodDto(z.object({ id: z.uuid(), qid: z.coerce.number().int().min(0).max(65535) })) {}

/** The agent's side: libs/protocol/src/agent-api.ts is its contract. */
@ApiTags("agent")
@Controller("api/v1/agent/runs")
@Roles("agent")
export class IngestController {
  constructor(private readonly ingest: IngestService) {}

  @Post(":id/events")
  @HttpCode(200)
  @ZodResponse({ status: 200, type: EventAckDto })
  storeEvents(
    @CurrentCaller() caller: Caller,
    @Param("id", ParseUUIDPipe) id: string,
    @Body() batch: EventBatchDto,
  ): Promise<EventAck> {
    return this.ingest.events(id, caller.hostId!, batch);
  }

  @Put(":id/cmdlog/:qid")
  @HttpCode(200)
  @ApiConsumes("application/octet-stream")
  @ApiBody({ schema: { type: "string", format: "binary" } })
  @ZodResponse({ status: 200, type: NothingDto })
  async storeCmdlog(
    @CurrentCaller() caller: Caller,
    @Param() { id, qid }: CmdlogPath,
    @Query() { epoch }: CmdlogQuery,
    @Body() bytes: unknown,
  ): Promise<Record<string, never>> {
    if (!Buffer.isBuffer(bytes)) throw problem("unsupported-media-type", "send application/octet-stream");
    await this.ingest.cmdlog(id, caller.hostId!, epoch, qid, bytes);
    return {};
  }
}
