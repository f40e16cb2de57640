import { type EventAck, eventBatchSchema } from "@assay/protocol";
import { Body, Controller, HttpCode, Param, ParseUUIDPipe, Post, Put, Query } from "@nestjs/common";
import { ApiExcludeController } from "@nestjs/swagger";
import { createZodDto } from "nestjs-zod";
import { z } from "zod";
import { type Caller, CurrentCaller, Roles } from "../platform/caller";
import { problem } from "../platform/problem";
import { IngestService } from "./ingest.service";

class EventBatchDto extends createZodDto(eventBatchSchema) {}
class CmdlogQuery extends createZodDto(z.object({ epoch: z.coerce.number().int().positive() })) {}
class CmdlogPath extends createZodDto(z.object({ id: z.uuid(), qid: z.coerce.number().int().min(0).max(65535) })) {}

/** The agent's side: libs/protocol/src/agent-api.ts is its contract. */
@ApiExcludeController()
@Controller("api/v1/agent/runs")
@Roles("agent")
export class IngestController {
  constructor(private readonly ingest: IngestService) {}

  @Post(":id/events")
  @HttpCode(200)
  storeEvents(
    @CurrentCaller() caller: Caller,
    @Param("id", ParseUUIDPipe) id: string,
    @Body() batch: EventBatchDto,
  ): Promise<EventAck> {
    return this.ingest.events(id, caller.hostId!, batch);
  }

  @Put(":id/cmdlog/:qid")
  @HttpCode(200)
  async storeCmdlog(
    @CurrentCaller() caller: Caller,
    @Param() { id, qid }: CmdlogPath,
    @Query() { epoch }: CmdlogQuery,
    @Body() bytes: unknown,
  ): Promise<object> {
    if (!Buffer.isBuffer(bytes)) throw problem("unsupported-media-type", "send application/octet-stream");
    await this.ingest.cmdlog(id, caller.hostId!, epoch, qid, bytes);
    return {};
  }
}
