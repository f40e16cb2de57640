/** Host memory buffer (NVMe Base 2.0, 5.27.1.11): memory of this process that the drive uses as its own. */
import { BareDevice } from "../bare/bare-device";
import type { DmaMemory } from "../bare/dma-memory";
import { field } from "../buffer/field";
import { flag, having, integer, object } from "../check";
import type { Completion } from "../command/completion";
import { expectStatus } from "../command/expect-status";
import type { Controller } from "../contract/controller";
import { NvmeError } from "../nvme-error";

const FID = 0x0d;
const PAGE_BYTES = 4096;
const DESCRIPTOR_BYTES = 16;
const MAX_BYTES = 2 ** 28;
const ENABLE = 1;
const RETURNED = 2;

/** What the drive asks for; null when it has no use for host memory. */
export interface HostMemoryWish {
  preferredBytes: number;
  leastBytes: number;
  /** Descriptors that it takes at most; 0: it does not say. */
  maxDescriptors: number;
}

/** HMPRE, HMMIN and HMMAXD of Identify Controller. */
export function hostMemoryWish(controller: Pick<Controller, "identity">): HostMemoryWish | null {
  const { identity } = having("controller", controller, ["identity"]);
  const { raw } = having("controller.identity", identity, ["raw"]);
  const preferred = Number(field(raw, 275, 272));
  if (preferred === 0) return null;
  return {
    preferredBytes: preferred * PAGE_BYTES,
    leastBytes: Number(field(raw, 279, 276)) * PAGE_BYTES,
    maxDescriptors: Number(field(raw, 337, 336)),
  };
}

/** Memory lent to a drive. It stays lent until `free`; a drive that still uses it then has lost it without a word. */
export class HostMemoryBuffer {
  readonly #list: DmaMemory;

  private constructor(
    private readonly controller: Controller,
    /** What the drive writes into it is its own affair. */
    readonly chunks: readonly DmaMemory[],
    list: DmaMemory,
  ) {
    this.#list = list;
  }

  /** Pages for `bytes` in so many chunks; not enabled yet. @throws ERR_UNSUPPORTED where nothing can be lent or nobody asks for it. */
  static allocate(controller: Controller, options: { bytes?: number; chunks?: number } = {}): HostMemoryBuffer {
    const o = object<typeof options>("options", options, ["bytes", "chunks"]);
    const wish = hostMemoryWish(controller);
    if (wish === null) throw new NvmeError("ERR_UNSUPPORTED", "HMPRE is 0: this drive has no use for host memory");
    const bytes = integer("bytes", o.bytes ?? Math.min(wish.preferredBytes, MAX_BYTES), PAGE_BYTES, MAX_BYTES);
    const pages = Math.ceil(bytes / PAGE_BYTES);
    const count = integer("chunks", o.chunks ?? 1, 1, Math.min(pages, PAGE_BYTES / DESCRIPTOR_BYTES));
    const device = new BareDevice(controller);
    const each = Math.floor(pages / count);
    const chunks = Array.from({ length: count }, (_, i) =>
      device.allocate((i === 0 ? pages - each * (count - 1) : each) * PAGE_BYTES),
    );
    const list = device.allocate(PAGE_BYTES);
    chunks.forEach((chunk, i) => {
      list.bytes.writeBigUInt64LE(chunk.physical(), i * DESCRIPTOR_BYTES);
      list.bytes.writeUInt32LE(chunk.size / PAGE_BYTES, i * DESCRIPTOR_BYTES + 8);
    });
    return new HostMemoryBuffer(controller, chunks, list);
  }

  /** Of all chunks. */
  get bytes(): number {
    return this.chunks.reduce((sum, chunk) => sum + chunk.size, 0);
  }

  /** Set Features 0Dh. `returned`: the drive had this memory before, with what it holds. */
  async enable(options: { returned?: boolean } = {}): Promise<Completion> {
    const o = object<typeof options>("options", options, ["returned"]);
    const list = this.#list.physical();
    return this.controller.admin({
      opcode: 0x09,
      cdw10: FID,
      cdw11: ENABLE | (flag("returned", o.returned ?? false) ? RETURNED : 0),
      cdw12: this.bytes / PAGE_BYTES,
      cdw13: Number(list & 0xffff_ffffn),
      cdw14: Number(list >> 32n),
      cdw15: this.chunks.length,
    });
  }

  /** When this completes the drive touches the memory no more. */
  async disable(): Promise<Completion> {
    return this.controller.setFeature(FID, 0);
  }

  /** Get Features 0Dh. @throws StatusExpectationError when the drive refuses */
  async enabled(): Promise<boolean> {
    return (expectStatus(await this.controller.getFeature(FID)).cdw0 & ENABLE) === 1;
  }

  /** Takes the memory back; `disable` comes first. */
  free(): void {
    for (const chunk of this.chunks) chunk.free();
    this.#list.free();
  }
}
