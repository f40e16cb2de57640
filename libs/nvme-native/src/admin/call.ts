/** An admin command as its encoder gives it: the dwords, and the data that go with it. Encoders are pure. */
import { type CommandData, viewOf } from "../buffer/buffer";
import { refuse } from "../check";
import type { RawCommand } from "../command/completion";

export const MAX_TRANSFER_BYTES = 16 * 1024 * 1024;

export interface AdminCall {
  command: RawCommand;
  data?: CommandData;
  direction?: "from-device" | "to-device";
}

/** A dword of two halves. */
export function word(high: number, low: number): number {
  return ((high << 16) | low) >>> 0;
}

export function fours(name: string, value: number): number {
  if (value % 4 !== 0) refuse(`${name} is ${value}, it must be a multiple of 4`);
  return value;
}

/** Bytes of data that go in whole dwords. */
export function transferred(name: string, data: CommandData, max = MAX_TRANSFER_BYTES): number {
  return fours(`${name}.length`, viewOf(name, data, 4, max).byteLength);
}
