import { addon, type NativeLease } from "../addon/addon";
import { integer } from "../check";
import { NvmeError } from "../nvme-error";
import { PAGE_BYTES } from "./prp";

/**
 * Memory that the device can reach, zeroed, in whole pages of 4096 bytes. The device may write into it at any moment.
 * After `free` an address of it leads nowhere on the software drive: commands that name it end with Data Transfer Error
 * (00/04), a queue in it with CSTS.CFS. SPDK lends its memory as a whole: there a freed piece stays reachable for the
 * device, and is given to nobody else, until the device is closed. Views that a script still has stay readable.
 */
export class DmaMemory {
  #lease: NativeLease | null;
  readonly #bytes: Buffer;

  constructor(
    lease: NativeLease,
    private readonly forget: (memory: DmaMemory) => void,
  ) {
    this.#lease = lease;
    this.#bytes = Buffer.from(lease.memory);
  }

  /** Bytes of it, a multiple of 4096. */
  get size(): number {
    return this.#bytes.byteLength;
  }

  /** After `free`. */
  get freed(): boolean {
    return this.#lease === null;
  }

  /** A view, no copy. @throws ERR_CLOSED after `free`. */
  get bytes(): Buffer {
    this.#use();
    return this.#bytes;
  }

  /** Physical address of the byte at `offset`. Only bytes of one page are sure to be neighbours. */
  physical(offset = 0): bigint {
    const lease = this.#use();
    integer("offset", offset, 0, this.size - 1);
    return lease.pages[Math.floor(offset / PAGE_BYTES)]! + BigInt(offset % PAGE_BYTES);
  }

  /** The device loses it, as said above. Twice is no error. */
  free(): void {
    if (this.#lease === null) return;
    addon().takeBack(this.#lease.lease);
    this.#lease = null;
    this.forget(this);
  }

  #use(): NativeLease {
    if (this.#lease === null) throw new NvmeError("ERR_CLOSED", `this memory of ${this.size} bytes is freed`);
    return this.#lease;
  }
}
