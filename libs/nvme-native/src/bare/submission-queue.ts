import { addon } from "../addon/addon";
import type { NativeHandle } from "../addon/command";
import { bytes as checkBytes, having, integer, object } from "../check";
import { NvmeError } from "../nvme-error";
import type { BareCompletionQueue, ReapListener } from "./completion-queue";
import { type CompletionEntry, encodeSubmission, SQE_BYTES, type SubmissionEntry } from "./entries";
import { BareQueue, type QueuePlace } from "./queue";

/** A submission queue in lent memory. `post` fills slots, `ring` tells the device; several may share a completion queue. */
export class BareSubmissionQueue extends BareQueue implements ReapListener {
  /** The next free slot. */
  tail = 0;
  /** How far the device had fetched, as its completions said. */
  head = 0;
  #nextCid = 0;
  /** Entry numbers of the flight recorder, by cid. */
  readonly #recorded = new Map<number, number>();

  constructor(
    place: QueuePlace,
    readonly completionQueue: BareCompletionQueue,
    private readonly recorder: NativeHandle | null,
  ) {
    super(place);
    completionQueue.listen(place.qid, this);
  }

  /** Create I/O Submission Queue for it; `nvmSet`: the NVM set whose data it will move, 0 for none. */
  createCommand(options: { priority?: number; nvmSet?: number } = {}): SubmissionEntry {
    const { qid, entries, prp1, contiguous } = this.place;
    const o = object<typeof options>("options", options, ["priority", "nvmSet"]);
    const priority = integer("priority", o.priority ?? 0, 0, 3);
    return {
      opcode: 0x01,
      prp1,
      cdw10: (((entries - 1) << 16) | qid) >>> 0,
      cdw11: ((this.completionQueue.qid << 16) | (priority << 1) | (contiguous ? 1 : 0)) >>> 0,
      cdw12: integer("nvmSet", o.nvmSet ?? 0, 0, 0xffff),
    };
  }

  /** Delete I/O Submission Queue for it. */
  deleteCommand(): SubmissionEntry {
    return { opcode: 0x00, cdw10: this.qid };
  }

  /** Puts an entry into a slot and nothing else. */
  put(index: number, entry: SubmissionEntry | Uint8Array): void {
    const sqe =
      entry instanceof Uint8Array ? checkBytes("entry", entry, SQE_BYTES, SQE_BYTES) : encodeSubmission(entry);
    this.memory.bytes.set(sqe, integer("index", index, 0, this.entries - 1) * SQE_BYTES);
  }

  /**
   * Puts an entry at the tail and moves the tail; the device does not know until `ring`. Without a cid it gets the next
   * number. Returns the cid. @throws ERR_QPAIR when no slot is known to be free.
   */
  post(entry: SubmissionEntry | Uint8Array): number {
    const next = (this.tail + 1) % this.entries;
    if (next === this.head) {
      const message = `submission queue ${this.qid} is full: ${this.entries - 1} entries of it are not known to be fetched`;
      throw new NvmeError("ERR_QPAIR", message);
    }
    having("entry", entry, []);
    const isBytes = entry instanceof Uint8Array;
    const sqe = isBytes ? entry : encodeSubmission({ ...entry, cid: entry.cid ?? this.#nextCid });
    this.put(this.tail, sqe);
    if (!isBytes && entry.cid === undefined) this.#nextCid = (this.#nextCid + 1) % 0xffff;
    const cid = sqe[2]! | (sqe[3]! << 8);
    if (this.recorder !== null) this.#recorded.set(cid, addon().recordSubmission(this.recorder, sqe));
    this.tail = next;
    return cid;
  }

  /** Writes the tail doorbell, once for all that was posted. */
  async ring(tail = this.tail): Promise<void> {
    await this.place.doorbell(integer("tail", tail, 0, 0xffff_ffff));
  }

  reaped(entry: CompletionEntry, bytes: Buffer): void {
    if (entry.sqhd < this.entries) this.head = entry.sqhd;
    const number = this.#recorded.get(entry.cid);
    if (number === undefined || this.recorder === null) return;
    this.#recorded.delete(entry.cid);
    addon().recordCompletion(this.recorder, number, bytes);
  }
}
