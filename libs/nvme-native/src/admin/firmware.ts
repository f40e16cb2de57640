/** Firmware Image Download and Commit (NVMe Base 2.0, 5.13 and 5.12). */
import { type CommandData, viewOf } from "../buffer/buffer";
import { integer, object } from "../check";
import { type AdminCall, fours, transferred } from "./call";

export const PIECE_BYTES = 4096;
const FWUG = 319;
const NO_RESTRICTION = 0xff;
export const MAX_IMAGE_BYTES = 256 * 1024 * 1024;

/** CDW10 of Firmware Commit. */
export interface CommitOptions {
  slot: number;
  action: number;
  /** Boot partition of actions 6 and 7. */
  bootPartition?: 0 | 1;
}

/** How an image goes down. */
export interface DownloadOptions {
  /** 0, the default: the drive chooses. */
  slot?: number;
  /** Commit action; default 1, active after the next reset. */
  action?: number;
  /** Of each piece, a multiple of 4; default: what the drive takes at least (FWUG), or 4096. */
  pieceBytes?: number;
  /** Called behind each piece that the drive took. */
  onProgress?: (progress: { sentBytes: number; totalBytes: number }) => void;
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

/** The least piece that the drive takes (FWUG, byte 319 of Identify Controller), bytes; 4096 where it does not say. */
export function leastPiece(identifyController: Uint8Array | undefined): number {
  const granularity = identifyController?.[FWUG] ?? 0;
  return granularity === 0 || granularity === NO_RESTRICTION ? PIECE_BYTES : granularity * PIECE_BYTES;
}

/** The pieces of a whole image, in order; the last one may be shorter. */
export function piecesOf(image: CommandData, pieceBytes = PIECE_BYTES): AdminCall[] {
  const bytes = viewOf("image", image, 4, MAX_IMAGE_BYTES);
  fours("image.length", bytes.byteLength);
  const pieces: AdminCall[] = [];
  for (let offset = 0; offset < bytes.byteLength; offset += pieceBytes) {
    pieces.push(downloadCall(bytes.subarray(offset, offset + pieceBytes), offset));
  }
  return pieces;
}
