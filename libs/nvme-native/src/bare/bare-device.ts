import { addon } from "../addon/addon";
import type { NativeHandle } from "../addon/command";
import { big, flag, having, integer, object, oneOf, refuse, text, U32, U64 } from "../check";
import type { Controller } from "../contract/controller";
import { CAP, DOORBELLS } from "../controller/registers";
import { NvmeError, type NvmeErrorCode } from "../nvme-error";
import { BareCompletionQueue } from "./completion-queue";
import { DmaMemory } from "./dma-memory";
import { CQE_BYTES, SQE_BYTES } from "./entries";
import { fillList, listPages, PAGE_BYTES, planPrp } from "./prp";
import type { QueuePlace } from "./queue";
import { BareSubmissionQueue } from "./submission-queue";

const MAX_MEMORY_BYTES = 2 ** 30;
const MAX_QID = 0xffff;
const MAX_QUEUE_ENTRIES = 65_536;
const MAX_PATH = 4096;
const RECORDER_ENTRIES = 4096;

/** What a device by hand needs of what it stands on: an open controller, or one that nobody brought up. */
export type Bus = Pick<Controller, "address" | "readRegister" | "writeRegister">;
interface Reached extends Bus {
  use(): NativeHandle;
}

/** A queue by hand. */
export interface QueueOptions {
  qid: number;
  /** Any number from 1 on: what a drive does not take is its answer to the Create command. */
  entries: number;
  /** Pages without neighbouring addresses, named by a PRP list (PC = 0); needs CAP.CQR = 0. */
  scattered?: boolean;
}

/**
 * Memory, queues and doorbells by hand, over any controller: `new BareDevice(controller)` beside the driver's own queues
 * (take other qids), or the `BareController` of `driver.openBare`. `allocate` is `ERR_UNSUPPORTED` where the driver below
 * keeps addresses to itself. All memory is given back when the device closes or `freeAll` is called.
 */
export class BareDevice {
  readonly #bus: Reached;
  readonly #memories = new Set<DmaMemory>();
  readonly #recorderFolder: string;
  #strideBytes = 0;

  constructor(controller: Bus, options: { cmdlogDir?: string | null } = {}) {
    if (typeof (controller as Reached | null)?.use !== "function")
      refuse("controller must be one that `driver` opened");
    this.#bus = controller as Reached;
    const folder = object<typeof options>("options", options, ["cmdlogDir"]).cmdlogDir ?? "";
    this.#recorderFolder = folder === "" ? "" : text("cmdlogDir", folder, MAX_PATH);
  }

  /** Any register of BAR0, doorbells and MSI-X table included. */
  readRegister(offset: number, bytes: 4 | 8): Promise<bigint> {
    return this.#bus.readRegister(offset, bytes);
  }
  /** As `readRegister`; 4 or 8 bytes at a multiple of them. */
  writeRegister(offset: number, value: bigint, bytes: 4 | 8): Promise<void> {
    return this.#bus.writeRegister(offset, value, bytes);
  }

  /** Zeroed pages that the device can reach. `scattered`: no two pages have neighbouring addresses. */
  allocate(bytes: number, options: { scattered?: boolean } = {}): DmaMemory {
    integer("bytes", bytes, 1, MAX_MEMORY_BYTES);
    const o = object<typeof options>("options", options, ["scattered"]);
    const lease = native(() => addon().lend(this.#bus.use(), bytes, flag("scattered", o.scattered ?? false)));
    const memory = new DmaMemory(lease, (freed) => this.#memories.delete(freed));
    this.#memories.add(memory);
    return memory;
  }

  /** PRP1 and PRP2 for a piece of memory; list pages are allocated where they are needed and given back with `lists`. */
  prp(memory: DmaMemory, offset: number, bytes: number): { prp1: bigint; prp2: bigint; lists: DmaMemory | null } {
    having("memory", memory, ["size", "physical"]);
    integer("offset", offset, 0, memory.size - 1);
    integer("bytes", bytes, 1, memory.size - offset);
    const plan = planPrp((at) => memory.physical(at), offset, bytes);
    if (plan.prp2 !== null) return { prp1: plan.prp1, prp2: plan.prp2, lists: null };
    const lists = this.prpList(plan.listed);
    return { prp1: plan.prp1, prp2: lists.physical(), lists };
  }

  /** A PRP list with these entries, right or wrong. */
  prpList(entries: bigint[]): DmaMemory {
    if (!Array.isArray(entries)) refuse("entries must be an array of addresses");
    for (const [i, entry] of entries.entries()) big(`entries[${i}]`, entry, 0n, U64);
    const lists = this.allocate(listPages(entries.length) * PAGE_BYTES);
    lists.bytes.set(fillList(entries, (page) => lists.physical(page * PAGE_BYTES)));
    return lists;
  }

  /** A completion queue in memory of its own; the drive learns of it by `createCommand`, or by ACQ for qid 0. */
  completionQueue(options: QueueOptions): BareCompletionQueue {
    return new BareCompletionQueue(this.#place(options, CQE_BYTES, 1));
  }

  /** Several may share one completion queue. Recorded in `<cmdlogDir>/<qid>.cmdlog` where there is such a folder. */
  submissionQueue(options: QueueOptions & { completionQueue: BareCompletionQueue }): BareSubmissionQueue {
    const { completionQueue, ...rest } = having("options", options, []);
    if (!(completionQueue instanceof BareCompletionQueue)) refuse("completionQueue must be a BareCompletionQueue");
    const place = this.#place(rest, SQE_BYTES, 0);
    const path = this.#recorderFolder === "" ? "" : `${this.#recorderFolder}/${place.qid}.cmdlog`;
    const recorder = path === "" ? null : native(() => addon().openRecorder(path, RECORDER_ENTRIES, place.qid, "bare"));
    return new BareSubmissionQueue(place, completionQueue, recorder);
  }

  /** Writes a doorbell: `which` 0 is the tail of a submission queue, 1 the head of a completion queue. */
  async doorbell(qid: number, which: 0 | 1, value: number): Promise<void> {
    integer("qid", qid, 0, MAX_QID);
    oneOf("which", which, [0, 1]);
    integer("value", value, 0, U32);
    if (this.#strideBytes === 0) {
      const cap = await this.readRegister(CAP, 8);
      this.#strideBytes = 4 << Number((cap >> 32n) & 15n);
    }
    await this.writeRegister(DOORBELLS + (2 * qid + which) * this.#strideBytes, BigInt(value), 4);
  }

  /** Gives all memory back. */
  freeAll(): void {
    for (const memory of [...this.#memories]) memory.free();
  }

  #place(options: QueueOptions, entryBytes: number, which: 0 | 1): QueuePlace {
    const o = object<QueueOptions>("options", options, ["qid", "entries", "scattered"]);
    const qid = integer("qid", o.qid, 0, MAX_QID);
    const entries = integer("entries", o.entries, 1, MAX_QUEUE_ENTRIES);
    const scattered = flag("scattered", o.scattered ?? false);
    const memory = this.allocate(entries * entryBytes, { scattered });
    const pages = Array.from({ length: memory.size / PAGE_BYTES }, (_, page) => memory.physical(page * PAGE_BYTES));
    return {
      qid,
      entries,
      memory,
      prp1: scattered ? this.prpList(pages).physical() : memory.physical(),
      contiguous: !scattered,
      doorbell: (value) => this.doorbell(qid, which, value),
    };
  }
}

/** The addon throws `{ code, message }`; scripts see NvmeError. */
function native<T>(act: () => T): T {
  try {
    return act();
  } catch (reason) {
    const { code, message } = reason as { code?: NvmeErrorCode; message: string };
    if (code === undefined) throw reason;
    throw new NvmeError(code, message);
  }
}
