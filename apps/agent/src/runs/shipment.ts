/** Ships one run: the cmdlog of a dead runner first, then its events in order. Acknowledgements are kept on disk. */
import { readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { Refused, Unreachable } from "../link/http";
import type { Orchestrator } from "../link/orchestrator";
import { writeDurably } from "../platform/durable-file";
import type { Logger } from "../platform/logger";
import { listRings, type Ring } from "./cmdlog-files";
import { BATCH_BYTES, BATCH_EVENTS, nextBatch } from "./event-batch";
import { newestSeq, readLines } from "./journal-file";
import type { Run } from "./run";
import { runName } from "./run-directory";

/** How much of the journal is looked at for one batch, bytes. */
const READ_AHEAD_BYTES = 2 * BATCH_BYTES;

export type Uplink = Pick<Orchestrator, "events" | "cmdlog">;
/** `idle`: nothing to send now; `done`: everything of an ended run was acknowledged. */
export type ShipResult = "progress" | "idle" | "done";

export class Shipment {
  acked: number;
  private offset = 0;
  /** Batches are this part of their maximum. */
  private share = 1;
  private ringsTried = false;
  private rings: Ring[] | null = null;
  /** The live rings of a parked runner that are not sent yet; null when it is not parked. */
  private liveRings: Ring[] | null = null;
  private finished: boolean;
  /** Size at which the journal had nothing new. */
  private idleBytes = -1;

  constructor(
    readonly run: Run,
    private readonly uplink: Uplink,
    private readonly log: Logger,
  ) {
    this.acked = readAcked(run.files.acked);
    this.finished = run.shipped;
  }

  get done(): boolean {
    return this.finished;
  }

  /** Newest number in the journal. */
  lastSeq(): number {
    return Math.max(newestSeq(this.run.files.journal), this.acked);
  }

  /** One request, or none. @throws Unreachable, Refused, BadAnswer: nothing is lost, the same is sent again later */
  async step(): Promise<ShipResult> {
    if (this.finished) return "done";
    // Evidence before the event that frees the slot and makes the verdict; but a refusal of it does not hold up results.
    if (this.run.ended && !this.ringsTried) {
      try {
        await this.sendRings();
      } catch (error) {
        this.ringsTried = !(error instanceof Unreachable);
        throw error;
      }
      this.ringsTried = true;
    }
    if (await this.sendEvents()) return "progress";
    await this.sendLiveRings();
    if (!this.run.ended || this.lastSeq() > this.acked) return "idle";
    await this.sendRings();
    writeDurably(this.run.files.shipped, "");
    this.finished = true;
    return "done";
  }

  private async sendEvents(): Promise<boolean> {
    const bytes = sizeOf(this.run.files.journal);
    if (bytes === this.idleBytes) return false;
    const wanted = this.acked + 1;
    const lines = readLines(this.run.files.journal, this.offset);
    const limits = { events: Math.ceil(BATCH_EVENTS / this.share), bytes: Math.ceil(BATCH_BYTES / this.share) };
    const batch = nextBatch(limited(lines, this.offset + READ_AHEAD_BYTES), wanted, this.offset, limits);
    if (batch.events.length === 0) {
      if (batch.nextOffset === this.offset) this.idleBytes = bytes;
      this.offset = batch.nextOffset;
      return batch.nextOffset < bytes && this.idleBytes !== bytes;
    }
    let nextSeq: number;
    try {
      const ack = await this.uplink.events(this.run.key, batch.events);
      if (ack.late) this.log.debug(`run ${runName(this.run.key)}: events of an old epoch were kept as late`);
      nextSeq = ack.nextSeq;
    } catch (error) {
      // Too large for something on the way: smaller batches from now on.
      if (error instanceof Refused && error.status === 413 && batch.events.length > 1) {
        this.share *= 2;
        return true;
      }
      const told = error instanceof Refused && error.status === 409 ? error.problem.nextSeq : null;
      if (typeof told !== "number" || !Number.isSafeInteger(told) || told < 1 || told === wanted) throw error;
      this.log.info(`run ${runName(this.run.key)}: the orchestrator wants event ${told} next, not ${wanted}`);
      nextSeq = told;
    }
    const goesOn = nextSeq === wanted + batch.events.length;
    this.acked = nextSeq - 1;
    this.offset = goesOn ? batch.nextOffset : 0;
    this.idleBytes = -1;
    keepAcked(this.run.files.acked, this.acked);
    return true;
  }

  /** A parked runner records nothing, and people want to see what came before; once each time that it parks. */
  private async sendLiveRings(): Promise<void> {
    if (this.run.ended || this.run.launch === null || !this.run.parked()) {
      this.liveRings = null;
      return;
    }
    this.liveRings ??= listRings(this.run.launch.cmdlogDir);
    await this.sendAll(this.liveRings);
  }

  private async sendRings(): Promise<void> {
    this.rings ??= listRings(this.run.files.cmdlog);
    await this.sendAll(this.rings);
  }

  /** Takes out of `rings` what has been sent. */
  private async sendAll(rings: Ring[]): Promise<void> {
    while (rings[0] !== undefined) {
      const ring = rings[0];
      try {
        await this.uplink.cmdlog(this.run.key, ring.qid, readFileSync(ring.path));
      } catch (error) {
        // A passing failure leaves the ring for the next attempt; a refusal would be the same for ever.
        if (!(error instanceof Refused) || error.passing || error.status === 401) throw error;
        this.log.error(
          `run ${runName(this.run.key)}: the cmdlog of qid ${ring.qid} was refused (${error.message}); it stays in ${ring.path}`,
        );
      }
      rings.shift();
    }
  }
}

/** Lines that begin before a place in the file; at least one. */
function* limited<T extends { from: number }>(lines: Iterable<T>, before: number): Generator<T> {
  let any = false;
  for (const line of lines) {
    if (any && line.from >= before) return;
    any = true;
    yield line;
  }
}

function readAcked(file: string): number {
  try {
    const acked = Number(readFileSync(file, "utf8"));
    return Number.isSafeInteger(acked) && acked >= 0 ? acked : 0;
  } catch {
    return 0;
  }
}

/** Not flushed: a lost acknowledgement costs a batch that is sent again. */
function keepAcked(file: string, acked: number): void {
  writeFileSync(`${file}.tmp`, String(acked), { mode: 0o600 });
  renameSync(`${file}.tmp`, file);
}

function sizeOf(file: string): number {
  try {
    return statSync(file).size;
  } catch {
    return 0;
  }
}
