/**
 * Tokens of the TCG Storage Architecture Core Specification 2.01, section 3.2.2.3, as values: numbers, byte sequences,
 * lists, and names with a value. Pure.
 */
import { big, having, integer, refuse, U64 } from "../check";

export type TcgValue = number | bigint | Uint8Array | TcgValue[] | TcgNamed;

export interface TcgNamed {
  name: number | Uint8Array;
  value: TcgValue;
}

export const CONTROL = {
  startList: 0xf0,
  endList: 0xf1,
  startName: 0xf2,
  endName: 0xf3,
  call: 0xf8,
  endOfData: 0xf9,
  endOfSession: 0xfa,
  empty: 0xff,
} as const;

export const MAX_TOKEN_BYTES = 2 ** 24 - 1;
/** Lists in lists; what a drive answers needs four. */
const MAX_DEPTH = 16;

/** What a drive sent is no such thing: a fault of the drive. */
export class TcgMalformedError extends Error {
  override readonly name = "TcgMalformedError";
}

function bytesToken(bytes: Uint8Array): number[] {
  const { length } = bytes;
  if (length > MAX_TOKEN_BYTES)
    refuse(`a byte sequence has ${length} bytes, at most ${MAX_TOKEN_BYTES} fit into a token`);
  if (length < 16) return [0xa0 | length, ...bytes];
  if (length < 2048) return [0xd0 | (length >> 8), length & 0xff, ...bytes];
  return [0xe2, length >> 16, (length >> 8) & 0xff, length & 0xff, ...bytes];
}

function numberToken(value: number | bigint): number[] {
  const number =
    typeof value === "bigint"
      ? big("a token, an unsigned number of 64 bits,", value, 0n, U64)
      : BigInt(integer("a token, an unsigned number of 64 bits,", value, 0, Number.MAX_SAFE_INTEGER));
  if (number < 64n) return [Number(number)];
  const bytes: number[] = [];
  for (let rest = number; rest > 0n; rest >>= 8n) bytes.unshift(Number(rest & 0xffn));
  return [0x80 | bytes.length, ...bytes];
}

/** @throws ERR_ARGUMENT for what is no such value. */
export function encodeValue(value: TcgValue, depth = 0): number[] {
  if (depth > MAX_DEPTH) refuse(`a value has more than ${MAX_DEPTH} lists in lists`);
  if (typeof value === "number" || typeof value === "bigint") return numberToken(value);
  if (value instanceof Uint8Array) return bytesToken(value);
  if (Array.isArray(value))
    return [CONTROL.startList, ...value.flatMap((one) => encodeValue(one, depth + 1)), CONTROL.endList];
  having("a value", value, ["name", "value"]);
  return [
    CONTROL.startName,
    ...encodeValue(value.name, depth + 1),
    ...encodeValue(value.value, depth + 1),
    CONTROL.endName,
  ];
}

/** Reads values one behind the other. Everything throws TcgMalformedError where the bytes are something else. */
export class TokenReader {
  #at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  get ended(): boolean {
    this.#skipEmpty();
    return this.#at >= this.bytes.length;
  }

  /** Moves on when the next byte is this control token. */
  take(control: number): boolean {
    this.#skipEmpty();
    if (this.bytes[this.#at] !== control) return false;
    this.#at++;
    return true;
  }

  expect(control: number): void {
    if (!this.take(control)) this.#malformed(`no token ${control.toString(16)}h`);
  }

  value(depth = 0): TcgValue {
    if (depth > MAX_DEPTH) this.#malformed("lists too deep");
    if (this.take(CONTROL.startList)) {
      const list: TcgValue[] = [];
      while (!this.take(CONTROL.endList)) list.push(this.value(depth + 1));
      return list;
    }
    if (this.take(CONTROL.startName)) {
      const name = this.value(depth + 1);
      const value = this.value(depth + 1);
      this.expect(CONTROL.endName);
      if (typeof name !== "number" && !(name instanceof Uint8Array)) this.#malformed("a name that is neither");
      return { name: name as number | Uint8Array, value };
    }
    return this.#atom();
  }

  #atom(): TcgValue {
    const first = this.#byte();
    if (first < 0x40) return first;
    if (first < 0x80 || first >= 0xe4) this.#malformed(`a token ${first.toString(16)}h`);
    const long = first >= 0xe0;
    const medium = first >= 0xc0 && !long;
    const binary = (first & (long ? 0x02 : medium ? 0x10 : 0x20)) !== 0;
    const signed = (first & (long ? 0x01 : medium ? 0x08 : 0x10)) !== 0;
    let length = long ? 0 : first & (medium ? 0x07 : 0x0f);
    for (let more = long ? 3 : medium ? 1 : 0; more > 0; more--) length = length * 256 + this.#byte();
    if (length > this.bytes.length - this.#at) this.#malformed("an atom that is cut short");
    const bytes = this.bytes.slice(this.#at, this.#at + length);
    this.#at += length;
    if (binary) return bytes;
    if (signed || length > 8) this.#malformed("a number that is signed or longer than 8 bytes");
    const number = bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
    return number <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(number) : number;
  }

  #byte(): number {
    const byte = this.bytes[this.#at];
    if (byte === undefined) this.#malformed("the end");
    this.#at++;
    return byte as number;
  }

  #skipEmpty(): void {
    while (this.bytes[this.#at] === CONTROL.empty) this.#at++;
  }

  #malformed(what: string): never {
    throw new TcgMalformedError(`${what} stands at byte ${this.#at} of ${this.bytes.length} token bytes`);
  }
}
