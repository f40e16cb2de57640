import { CmdlogFormatError, type EventAck } from "@assay/protocol";
import { Injectable } from "@nestjs/common";
import { Clock } from "../platform/clock";
import { Database, type Transaction } from "../platform/database";
import { Doorbells } from "../platform/doorbells";
import { Log } from "../platform/log";
import { problem } from "../platform/problem";
import { storeCmdlog } from "./cmdlog-store";
import { type IngestAnswer, type ReadBatch, storeBatch } from "./event-store";
import { dayOf } from "./partition-plan";
import { lacksPartition, makePartitionsOf } from "./partitions";
import { gapOf, lastingRefusal, quarantine, type RawEvent, readEvents } from "./quarantine";

/** A batch whose events are yet to be read. */
export interface RawBatch {
  eventVersion: number;
  epoch: number;
  events: readonly RawEvent[];
}

/** What agents send: events and flight recorders. Rings `summarise` when a run has said what decides. */
@Injectable()
export class IngestService {
  constructor(
    private readonly database: Database,
    private readonly doorbells: Doorbells,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /** @throws Problem 404, 403, 409 `sequence-gap` with `nextSeq`, 409 `conflict`. */
  async events(runId: string, hostId: string, batch: RawBatch): Promise<EventAck> {
    const answer = await this.store(runId, hostId, { ...batch, ...readEvents(batch.events) });
    if (answer.kind === "hole") {
      const detail = `event ${answer.nextSeq} is the next one that is missing`;
      throw problem("sequence-gap", detail, [], { nextSeq: answer.nextSeq });
    }
    if (answer.kind !== "stored") throw refusal(runId, answer);
    if (answer.finished || answer.ended) this.doorbells.ring("summarise", runId);
    return answer.ack;
  }

  /**
   * Stores a batch; where the database refuses it for good, its halves, until the event that is refused stands alone and is
   * quarantined. What an agent sends it is never asked for again.
   */
  private async store(runId: string, hostId: string, batch: ReadBatch): Promise<IngestAnswer> {
    try {
      const answer = await this.withPartitions(runId, (transaction) =>
        storeBatch(transaction, runId, hostId, batch, this.clock.now()),
      );
      for (const { seq, type, reason } of answer.kind === "stored" ? answer.quarantined : []) {
        this.log.warn("an event is quarantined", { runId, seq, type, reason });
      }
      return answer;
    } catch (error) {
      const reason = lastingRefusal(error);
      if (reason === null) throw error;
      const [first] = batch.events;
      if (batch.events.length === 1) {
        // What stands in for it is ours: refused as well, it is a fault of ours.
        if (batch.quarantined.length > 0) throw error;
        const quarantined = quarantine(first!, reason);
        return this.store(runId, hostId, { ...batch, events: [gapOf(quarantined)], quarantined: [quarantined] });
      }
      const middle = batch.events[batch.events.length >> 1]!.seq;
      const half = (isMine: (it: { seq: number }) => boolean): ReadBatch => ({
        ...batch,
        events: batch.events.filter(isMine),
        quarantined: batch.quarantined.filter(isMine),
      });
      const before = await this.store(
        runId,
        hostId,
        half(({ seq }) => seq < middle),
      );
      if (before.kind !== "stored") return before;
      const after = await this.store(
        runId,
        hostId,
        half(({ seq }) => seq >= middle),
      );
      if (after.kind !== "stored") return after;
      return { ...after, finished: before.finished || after.finished, ended: before.ended || after.ended };
    }
  }

  /** @throws Problem 404, 403, 409, 422 when the bytes are no flight recorder. */
  async cmdlog(runId: string, hostId: string, epoch: number, qid: number, bytes: Buffer): Promise<void> {
    try {
      const answer = await this.withPartitions(runId, (transaction) =>
        storeCmdlog(transaction, { runId, hostId, epoch, qid }, bytes, this.clock.now()),
      );
      if (answer.kind !== "stored") throw refusal(runId, answer);
    } catch (error) {
      if (error instanceof CmdlogFormatError) throw problem("unprocessable", `not a flight recorder: ${error.message}`);
      throw error;
    }
  }

  /** Does the work in one transaction; where the run's day has no partition yet, makes it and does the work again. */
  private async withPartitions<T>(runId: string, work: (transaction: Transaction) => Promise<T>): Promise<T> {
    try {
      return await this.database.transaction(work);
    } catch (error) {
      if (!lacksPartition(error)) throw error;
      await this.database.transaction(async (transaction) => {
        const [run] = await transaction.query<{ at: Date }>(
          "SELECT COALESCE(claimed_at, submitted_at) AS at FROM run WHERE id = $1",
          [runId],
        );
        if (run !== undefined) await makePartitionsOf(transaction, dayOf(run.at));
      });
      return this.database.transaction(work);
    }
  }
}

function refusal(runId: string, answer: { kind: "unknown" | "forbidden" } | { kind: "refused"; reason: string }) {
  switch (answer.kind) {
    case "unknown":
      return problem("not-found", `there is no run ${runId}`);
    case "forbidden":
      return problem("forbidden", `run ${runId} is not of this host`);
    case "refused":
      return problem("conflict", answer.reason);
  }
}
