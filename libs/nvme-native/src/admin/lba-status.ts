/** Get LBA Status (NVM Command Set 1.0, 4.2.1). */
import { type CommandData, viewOf } from "../buffer/buffer";
import { big, integer, object, oneOf, U32, U64 } from "../check";
import { type AdminCall, MAX_TRANSFER_BYTES, transferred } from "./call";

/** Which LBAs are asked about. */
export interface LbaStatusOptions {
  nsid: number;
  slba: bigint;
  /** RL: so many LBAs from `slba` on; 0, the default: to the end. */
  lbaCount?: number;
  /** ATYPE: `scan` looks for untracked LBAs too (10h), `tracked` tells what is known (11h, the default). */
  action?: "scan" | "tracked";
}

const ACTION = { scan: 0x10, tracked: 0x11 } as const;
const LEAST_BYTES = 8;

/** As many descriptors as `data` takes. */
export function lbaStatusCall(data: CommandData, options: LbaStatusOptions): AdminCall {
  viewOf("data", data, LEAST_BYTES, MAX_TRANSFER_BYTES);
  const dwords = transferred("data", data) / 4 - 1;
  const o = object<LbaStatusOptions>("options", options, ["nsid", "slba", "lbaCount", "action"]);
  const slba = big("slba", o.slba, 0n, U64);
  const action = ACTION[oneOf("action", o.action ?? "tracked", ["scan", "tracked"])];
  const command = {
    opcode: 0x86,
    nsid: integer("nsid", o.nsid, 1, U32),
    cdw10: Number(slba & BigInt(U32)),
    cdw11: Number(slba >> 32n),
    cdw12: dwords,
    cdw13: ((action << 24) | integer("lbaCount", o.lbaCount ?? 0, 0, 0xffff)) >>> 0,
  };
  return { command, data, direction: "from-device" };
}
