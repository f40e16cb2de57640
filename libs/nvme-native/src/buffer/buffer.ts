/**
 * A named buffer for commands. `new Buffer(bytes)` lies in this process and is copied for each command;
 * `controller.createBuffer(bytes)` lies where the drive reaches it: nothing is copied, and the memory lives until the last
 * command that uses it has ended, also when the script has freed or forgotten it.
 */
import { addon, type NativeMemory } from "../addon/addon";
import type { NativeData } from "../addon/command";
import { big, bytes, integer, object, refuse, text, U32, U64 } from "../check";
import { NvmeError } from "../nvme-error";
import { hexDump, MAX_DUMP_BYTES } from "./dump";
import { field, fieldText } from "./field";
import { freshSeed } from "./fresh-seeds";
import { fillPattern, type Pattern } from "./pattern";

const DEFAULT_BUFFER_BYTES = 4096;
export const MAX_BUFFER_BYTES = 1024 * 1024 * 1024;
const MAX_NAME_LENGTH = 64;
const RANGE_BYTES = 16;

/** Of a new buffer. */
export interface BufferOptions {
  /** For messages and dumps; default "buffer". */
  name?: string;
  /** Default: zeroes. */
  pattern?: Pattern;
}

/** What commands take: an array, which is copied, or a buffer, of which they take the view (`offset`, `size`). */
export type CommandData = Uint8Array | Buffer;

/** Memory of a script for data of commands. @throws ERR_CLOSED once it is freed */
export class Buffer {
  readonly name: string;
  /** Bytes that were allocated. */
  readonly length: number;
  #seed: bigint | null = null;
  #bytes: Uint8Array | null;
  #offset = 0;
  #size: number | null = null;
  readonly #pinned: (NativeMemory & { owner: object }) | null;

  /** @param pinned only `Controller.createBuffer` gives it. */
  constructor(
    length: number = DEFAULT_BUFFER_BYTES,
    options: BufferOptions = {},
    pinned: (NativeMemory & { owner: object }) | null = null,
  ) {
    this.length = integer("length", length, 1, MAX_BUFFER_BYTES);
    const o = object<BufferOptions>("options", options, ["name", "pattern"]);
    this.name = o.name === undefined ? "buffer" : text("name", o.name, MAX_NAME_LENGTH);
    this.#pinned = pinned;
    this.#bytes = pinned === null ? allocated(this.length) : new Uint8Array(pinned.memory, 0, this.length);
    if (o.pattern !== undefined) this.fill(o.pattern);
  }

  /** All bytes of the allocation. @throws ERR_CLOSED after `free`. */
  get bytes(): Uint8Array {
    if (this.#bytes === null) throw new NvmeError("ERR_CLOSED", `${this} is freed`);
    return this.#bytes;
  }

  /** The bytes that a command gets: `size` of them from `offset` on. */
  get view(): Uint8Array {
    return this.bytes.subarray(this.#offset, this.#offset + this.size);
  }

  /** Where a command's data begin, bytes; the first PRP entry points there. */
  get offset(): number {
    return this.#offset;
  }

  set offset(value: number) {
    this.#offset = integer("offset", value, 0, this.length - (this.#size ?? 0));
  }

  /** How many bytes a command gets; all from `offset` on when it was not set. */
  get size(): number {
    return this.#size ?? this.length - this.#offset;
  }

  set size(value: number) {
    this.#size = integer("size", value, 0, this.length - this.#offset);
  }

  /** Where the random bytes of the newest pattern came from; null when there were none. */
  get seed(): bigint | null {
    return this.#seed;
  }

  /** Fills all of it. */
  fill(pattern: Pattern): this {
    this.#seed = fillPattern(this.bytes, pattern, freshSeed);
    return this;
  }

  /** One byte. */
  get(index: number): number {
    return this.bytes[integer("index", index, 0, this.length - 1)]!;
  }

  /** One byte or several from `index` on. */
  set(index: number, value: number | Uint8Array | number[]): this {
    if (typeof value === "number") {
      this.bytes[integer("index", index, 0, this.length - 1)] = integer("value", value, 0, 255);
      return this;
    }
    const given = Array.isArray(value) ? value : bytes("value", value, 0, this.length);
    if (given.length > this.length) refuse(`value has ${given.length} bytes, it must have 0 to ${this.length}`);
    integer("index", index, 0, this.length - given.length);
    if (Array.isArray(value)) value.forEach((byte, i) => void integer(`value[${i}]`, byte, 0, 255));
    this.bytes.set(given, index);
    return this;
  }

  /** Bytes `end:begin`, both included, little endian, as the specification prints fields. */
  data(end: number, begin: number = end): bigint {
    return field(this.bytes, end, begin);
  }

  /** Bytes `end:begin` as ASCII, without the spaces and zeroes at its end. */
  text(end: number, begin: number = end): string {
    return fieldText(this.bytes, end, begin);
  }

  /** A range of Dataset Management (NVM Command Set 1.0, figure 41) in the place `index`. */
  setDsmRange(index: number, slba: bigint, lbaCount: number, attributes = 0): this {
    if (this.length < RANGE_BYTES) refuse(`${this} holds no range, which has ${RANGE_BYTES} bytes`);
    integer("index", index, 0, Math.min(255, Math.floor(this.length / RANGE_BYTES) - 1));
    const at = new DataView(this.bytes.buffer, this.bytes.byteOffset + index * RANGE_BYTES, RANGE_BYTES);
    big("slba", slba, 0n, U64);
    integer("lbaCount", lbaCount, 0, U32);
    at.setUint32(0, integer("attributes", attributes, 0, U32), true);
    at.setUint32(4, lbaCount, true);
    at.setBigUint64(8, slba, true);
    return this;
  }

  /** `size` bytes (default: all; at most 16 MiB) from `from` on in hexadecimal and ASCII, 16 a line. */
  dump(size?: number, from = 0): string {
    integer("from", from, 0, this.length);
    const bytes = integer("size", size ?? this.length - from, 0, Math.min(this.length - from, MAX_DUMP_BYTES));
    return hexDump(this.bytes.subarray(from, from + bytes), from);
  }

  /**
   * Where the drive sees the byte at `offset`: what a PRP entry would hold.
   * @throws ERR_UNSUPPORTED with the reason where there is no such address.
   */
  get physicalAddress(): bigint {
    this.bytes;
    if (this.#pinned === null) {
      throw new NvmeError(
        "ERR_UNSUPPORTED",
        `${this} lies in this process only, where no drive reaches it: controller.createBuffer makes one with an address`,
      );
    }
    const answer = addon().busAddress(this.#pinned.handle, Math.min(this.#offset, this.length - 1));
    if (typeof answer === "bigint") return answer;
    throw new NvmeError(answer.code, answer.message);
  }

  /** After `free`. */
  get freed(): boolean {
    return this.#bytes === null;
  }

  /** Gives the memory back at once, as soon as no command uses it any more. Without it, the garbage collector does. */
  free(): void {
    if (this.#bytes === null) return;
    this.#bytes = null;
    if (this.#pinned !== null) addon().freeBuffer(this.#pinned.handle, this.#pinned.memory, this.#pinned.view);
  }

  /** For our own use: what the addon takes. Memory of another controller is copied, as an array is. */
  carriedBy(controller: object): NativeData {
    const view = this.view;
    if (this.#pinned === null || this.#pinned.owner !== controller) return view;
    return { memory: this.#pinned.handle, offset: this.#offset, bytes: view.byteLength };
  }

  toString(): string {
    const seed = this.#seed === null ? "" : `, seed ${this.#seed}`;
    return `<${this.name}: ${this.length} bytes${seed}>`;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

function allocated(length: number): Uint8Array {
  try {
    return new Uint8Array(length);
  } catch {
    refuse(`length is ${length}, and this process has not so much memory left`);
  }
}

/** Bytes of command data as a plain array, whatever they are in. */
export function viewOf(name: string, value: unknown, min: number, max: number): Uint8Array {
  return bytes(name, value instanceof Buffer ? value.view : value, min, max);
}

/** Checked data for the addon. */
export function carried(
  name: string,
  value: CommandData,
  controller: object,
  min: number,
  max: number,
): { data: NativeData; byteLength: number } {
  const view = viewOf(name, value, min, max);
  const data = value instanceof Buffer ? value.carriedBy(controller) : view;
  return { data, byteLength: view.byteLength };
}
