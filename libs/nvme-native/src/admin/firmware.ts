/** Firmware Image Download and Commit (NVMe Base 2.0, 5.12 and 5.11). */
import { type CommandData, viewOf } from "../buffer";
import { integer, object } from "../check";
import { type AdminCall, fours, transferred } from "./call";

export const PIECE_BYTES = 4096;
export const MAX_IMAGE_BYTES = 256 * 1024 * 1024;

export interface CommitOptions {
  slot: number;
  action: number;
  /** Boot partition of actions 6 and 7. */
  bootPartition?: 0 | 1;
}

/** `offset` in bytes; it and the length are multiples of 4. */
export function downloadCall(image: CommandData, offset: number): AdminCall {
  const length = transferred("image", image);
  fours("offset", integer("offset", offset, 0, MAX_IMAGE_BYTES));
  const command = { opcode: 0x11, cdw10: length / 4 - 1, cdw11: offset / 4 };
  return { command, data: image, direction: "to-device" };
}

export function commitCall(options: CommitOptions): AdminCall {
  const o = object<CommitOptions>("options", options, ["slot", "action", "bootPartition"]);
  const slot = integer("slot", o.slot, 0, 7);
  const action = integer("action", o.action, 0, 7);
  const partition = integer("bootPartition", o.bootPartition ?? 0, 0, 1);
  return { command: { opcode: 0x10, cdw10: ((partition << 31) | (action << 3) | slot) >>> 0 } };
}

/** The pieces of a whole image, in order. */
export function piecesOf(image: CommandData): AdminCall[] {
  const bytes = viewOf("image", image, 4, MAX_IMAGE_BYTES);
  fours("image.length", bytes.byteLength);
  const pieces: AdminCall[] = [];
  for (let offset = 0; offset < bytes.byteLength; offset += PIECE_BYTES) {
    pieces.push(downloadCall(bytes.subarray(offset, offset + PIECE_BYTES), offset));
  }
  return pieces;
}
