import { flag, integer, object } from "../check";
import { NvmeError } from "../nvme-error";
import { type CompletionEntry, CQE_BYTES, decodeCompletion, type SubmissionEntry } from "./entries";
import { BareQueue } from "./queue";
import { TOO_LATE, until } from "./until";

const MAX_WAIT_MS = 3_600_000;
const DEFAULT_WAIT_MS = 10_000;

/** Who wants to know what was reaped: the submission queues that complete here. */
export interface ReapListener {
  reaped(entry: CompletionEntry, bytes: Buffer): void;
}

/** A completion queue in lent memory. Nothing here talks to the device but `ring`. */
export class BareCompletionQueue extends BareQueue {
  /** The next entry to reap. */
  head = 0;
  /** The phase bit that a new entry has; flips each lap. */
  phase: 0 | 1 = 1;
  readonly #listeners = new Map<number, ReapListener>();
  readonly #unclaimed: CompletionEntry[] = [];

  /** Create I/O Completion Queue for it. */
  createCommand(options: { vector?: number; interrupts?: boolean } = {}): SubmissionEntry {
    const o = object<typeof options>("options", options, ["vector", "interrupts"]);
    const vector = integer("vector", o.vector ?? 0, 0, 0xffff);
    const interrupts = flag("interrupts", o.interrupts ?? false) ? 2 : 0;
    const { qid, entries, prp1, contiguous } = this.place;
    return {
      opcode: 0x05,
      prp1,
      cdw10: (((entries - 1) << 16) | qid) >>> 0,
      cdw11: ((vector << 16) | interrupts | (contiguous ? 1 : 0)) >>> 0,
    };
  }

  /** Delete I/O Completion Queue for it. */
  deleteCommand(): SubmissionEntry {
    return { opcode: 0x04, cdw10: this.qid };
  }

  listen(sqid: number, listener: ReapListener): void {
    this.#listeners.set(sqid, listener);
  }

  /** The entry in a slot, whatever its phase. */
  at(index: number): CompletionEntry {
    return decodeCompletion(this.memory.bytes, integer("index", index, 0, this.entries - 1) * CQE_BYTES);
  }

  /** Takes what the phase bits show, at most `max`; the device learns of it at the next `ring`. */
  reap(max = this.entries): CompletionEntry[] {
    integer("max", max, 0, Number.MAX_SAFE_INTEGER);
    const taken = this.#unclaimed.splice(0, max);
    return [...taken, ...this.#reapNew(max - taken.length)];
  }

  /** For `BareAdmin`: one completion, or null when it has not come; others that did wait for whoever reaps or claims them. */
  async claim(sqid: number, cid: number): Promise<CompletionEntry | null> {
    const reaped = this.#reapNew(this.entries);
    this.#unclaimed.push(...reaped);
    if (reaped.length > 0) await this.ring();
    const at = this.#unclaimed.findIndex((entry) => entry.sqid === sqid && entry.cid === cid);
    return at < 0 ? null : this.#unclaimed.splice(at, 1)[0]!;
  }

  #reapNew(max: number): CompletionEntry[] {
    const { bytes } = this.memory;
    const taken: CompletionEntry[] = [];
    while (taken.length < max) {
      const offset = this.head * CQE_BYTES;
      if ((bytes[offset + 14]! & 1) !== this.phase) break;
      const entry = decodeCompletion(bytes, offset);
      this.#listeners.get(entry.sqid)?.reaped(entry, bytes.subarray(offset, offset + CQE_BYTES));
      taken.push(entry);
      this.head = (this.head + 1) % this.entries;
      if (this.head === 0) this.phase = this.phase === 1 ? 0 : 1;
    }
    return taken;
  }

  /** Writes the head doorbell. */
  async ring(head = this.head): Promise<void> {
    await this.place.doorbell(integer("head", head, 0, 0xffff_ffff));
  }

  /** Reaps until there are `count`, then rings once. @throws ERR_TIMEOUT, saying how many came. */
  async wait(count: number, options: { timeoutMs?: number } = {}): Promise<CompletionEntry[]> {
    integer("count", count, 0, Number.MAX_SAFE_INTEGER);
    const o = object<typeof options>("options", options, ["timeoutMs"]);
    const timeoutMs = integer("timeoutMs", o.timeoutMs ?? DEFAULT_WAIT_MS, 1, MAX_WAIT_MS);
    const taken: CompletionEntry[] = [];
    await until(timeoutMs, async () => {
      const some = this.reap(count - taken.length);
      taken.push(...some);
      // Room is made also on the way: more may be awaited than the queue holds.
      if (some.length > 0) await this.ring();
      return taken.length >= count;
    }).catch((reason: unknown) => {
      if (reason !== TOO_LATE) throw reason;
      const message = `${taken.length} of ${count} completions came to queue ${this.qid} within ${timeoutMs} ms`;
      throw new NvmeError("ERR_TIMEOUT", message);
    });
    return taken;
  }
}
