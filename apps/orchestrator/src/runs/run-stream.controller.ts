import { Readable } from "node:stream";
import { Controller, Get, Headers, Param, ParseUUIDPipe, Query, Res } from "@nestjs/common";
import { ApiProduces, ApiTags } from "@nestjs/swagger";
import type { FastifyReply } from "fastify";
import { createZodDto, ZodResponse } from "nestjs-zod";
import { z } from "zod";
import { Roles } from "../platform/caller";
import { Database } from "../platform/database";
import { problem } from "../platform/problem";
import { readRunEvents } from "./run-events";
import { followRun, toServerSentEvent } from "./run-stream";
import { RunsRepository } from "./runs.repository";

const MAX_STREAMS = 200;
/** Numbers of events are 32 bits in the rows. */
const MAX_SEQ = 2_147_483_647;

class EventQuery extends createZodDto(
  z.object({
    after: z.coerce.number().int().min(0).max(MAX_SEQ).default(0).describe("number of the last event that is known"),
    limit: z.coerce.number().int().min(1).max(1000).default(200),
  }),
) {}
class EventPage extends createZodDto(
  z.object({
    items: z.array(
      z.object({
        seq: z.number().int(),
        atMs: z.number().describe("agent's time"),
        receivedAtMs: z.number(),
        body: z.looseObject({ type: z.string() }).describe("libs/protocol/src/events.ts"),
      }),
    ),
    nextCursor: z.string().nullable().describe("`after` of the next page; null at the end of what is stored"),
  }),
) {}

@ApiTags("runs")
@Controller("api/v1/runs")
export class RunStreamController {
  private streams = 0;

  constructor(
    private readonly database: Database,
    private readonly repository: RunsRepository,
  ) {}

  @Get(":id/events")
  @Roles("viewer")
  @ZodResponse({ status: 200, type: EventPage })
  async listRunEvents(@Param("id", ParseUUIDPipe) id: string, @Query() { after, limit }: EventQuery) {
    await this.repository.view(id);
    const items = await readRunEvents(this.database, id, after, limit);
    const last = items[items.length - 1];
    return { items, nextCursor: items.length === limit ? String(last!.seq) : null };
  }

  /** Server-sent events: `id` is the event's number, a last `verdict` ends the stream; resume with Last-Event-ID. */
  @Get(":id/stream")
  @Roles("viewer")
  @ApiProduces("text/event-stream")
  async streamRun(
    @Param("id", ParseUUIDPipe) id: string,
    @Headers("last-event-id") lastEventId: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.repository.view(id);
    const after = Number(lastEventId ?? 0);
    if (!Number.isInteger(after) || after < 0 || after > MAX_SEQ)
      throw problem("invalid-request", "Last-Event-ID must be the number of an event");
    if (this.streams >= MAX_STREAMS) throw problem("too-many-requests", `${MAX_STREAMS} streams are open`);
    this.streams++;
    const gone = new AbortController();
    reply.raw.once("close", () => gone.abort());
    const parts = Readable.from(texts(followRun(this.database, id, after, gone.signal)), { objectMode: false });
    parts.once("close", () => {
      gone.abort();
      this.streams--;
    });
    void reply
      .header("content-type", "text/event-stream")
      .header("cache-control", "no-store")
      .header("x-accel-buffering", "no");
    await reply.send(parts);
  }
}

async function* texts(parts: ReturnType<typeof followRun>): AsyncGenerator<string> {
  for await (const part of parts) yield toServerSentEvent(part);
}
