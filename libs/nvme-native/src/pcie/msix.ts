/**
 * MSI-X with the words of memory that its messages are written to: an interrupt is a word that is no longer 0. Nobody's
 * interrupt handler runs; the driver's own queues complete whatever happens here.
 */
import type { BareDevice } from "../bare/bare-device";
import type { DmaMemory } from "../bare/dma-memory";
import { TOO_LATE, until } from "../bare/until";
import { integer } from "../check";
import { NvmeError } from "../nvme-error";

const ENTRY_BYTES = 16;
const WORD_BYTES = 4;
const ENABLE = 1 << 15;
const FUNCTION_MASK = 1 << 14;
const MASKED = 1n;
const MAX_WAIT_MS = 3_600_000;

/** An entry of the vector table, and its pending bit. */
export interface MsixEntry {
  address: bigint;
  data: number;
  masked: boolean;
  pending: boolean;
}

interface Place {
  capability: number;
  /** Offsets in BAR0. */
  table: number;
  pending: number;
  vectors: number;
}

/** The vectors of one function. @throws ERR_UNSUPPORTED where no memory can be lent */
export class Msix {
  #words: DmaMemory | null = null;

  constructor(
    private readonly space: {
      field(offset: number, bytes: 2): Promise<number>;
      setField(offset: number, bytes: 2, value: number): Promise<void>;
      unsupported(reason: string): NvmeError;
    },
    private readonly device: BareDevice,
    private readonly place: Place,
  ) {}

  /** How many the function has. */
  get vectors(): number {
    return this.place.vectors;
  }

  /** Points every vector at a word of its own, unmasks them all and switches MSI-X on. Again after a reset. */
  async enable(): Promise<void> {
    this.#words ??= this.device.allocate(this.vectors * WORD_BYTES);
    this.#words.bytes.fill(0);
    await this.#fillTable(this.#words);
    await this.#control(ENABLE, FUNCTION_MASK);
    // Where the kernel's driver switches it on (vfio-pci), it has put entries of its own there.
    if ((await this.entry(0)).address !== this.#words.physical(0)) await this.#fillTable(this.#words);
  }

  async #fillTable(words: DmaMemory): Promise<void> {
    for (let vector = 0; vector < this.vectors; vector++) {
      const at = this.#table(vector);
      await this.device.writeRegister(at + 12, MASKED, 4);
      await this.device.writeRegister(at, words.physical(vector * WORD_BYTES), 8);
      await this.device.writeRegister(at + 8, 1n, 8);
    }
  }

  /** Off; what is pending stays. */
  async disable(): Promise<void> {
    await this.#control(0, ENABLE);
  }

  /** Message Control bit 14: masks every vector. */
  async maskFunction(masked: boolean): Promise<void> {
    await this.#control(masked ? FUNCTION_MASK : 0, masked ? 0 : FUNCTION_MASK);
  }

  /** The vector as its table and the pending bits have it. */
  async entry(vector: number): Promise<MsixEntry> {
    const at = this.#table(vector);
    const address = await this.device.readRegister(at, 8);
    const rest = await this.device.readRegister(at + 8, 8);
    const bits = await this.device.readRegister(this.place.pending + Math.floor(vector / 64) * 8, 8);
    return {
      address,
      data: Number(rest & 0xffff_ffffn),
      masked: ((rest >> 32n) & MASKED) !== 0n,
      pending: ((bits >> BigInt(vector % 64)) & 1n) !== 0n,
    };
  }

  /** What comes meanwhile is kept as pending. */
  async mask(vector: number): Promise<void> {
    await this.device.writeRegister(this.#table(vector) + 12, MASKED, 4);
  }

  /** What came while it was masked is sent now. */
  async unmask(vector: number): Promise<void> {
    await this.device.writeRegister(this.#table(vector) + 12, 0n, 4);
  }

  /** A message of this vector has arrived since `clear`. @throws ERR_CLOSED before `enable` */
  isSet(vector: number): boolean {
    return this.#word(vector) !== 0;
  }

  /** So that the next message can be seen. */
  clear(vector: number): void {
    this.#word(vector);
    this.#words!.bytes.writeUInt32LE(0, vector * WORD_BYTES);
  }

  /** Waits for a message; ms. @throws ERR_TIMEOUT */
  async waitSet(vector: number, timeoutMs = 1000): Promise<number> {
    integer("timeoutMs", timeoutMs, 1, MAX_WAIT_MS);
    const start = performance.now();
    await until(timeoutMs, () => this.isSet(vector)).catch((reason: unknown) => {
      if (reason !== TOO_LATE) throw reason;
      throw new NvmeError("ERR_TIMEOUT", `vector ${vector} sent no message within ${timeoutMs} ms`);
    });
    return performance.now() - start;
  }

  #table(vector: number): number {
    return this.place.table + integer("vector", vector, 0, this.vectors - 1) * ENTRY_BYTES;
  }

  #word(vector: number): number {
    integer("vector", vector, 0, this.vectors - 1);
    if (this.#words === null) throw new NvmeError("ERR_CLOSED", "MSI-X is not enabled: call `enable` first");
    return this.#words.bytes.readUInt32LE(vector * WORD_BYTES);
  }

  async #control(set: number, clear: number): Promise<void> {
    const at = this.place.capability + 2;
    const wanted = ((await this.space.field(at, 2)) & ~clear) | set;
    await this.space.setField(at, 2, wanted);
    const kept = await this.space.field(at, 2);
    if (((kept ^ wanted) & (ENABLE | FUNCTION_MASK)) !== 0)
      throw this.space.unsupported(
        `Message Control of MSI-X stays ${kept.toString(16)}h, ${wanted.toString(16)}h was written: the kernel's driver of the function keeps these bits`,
      );
  }
}
