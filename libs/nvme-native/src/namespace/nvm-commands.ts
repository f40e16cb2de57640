/** NVM commands as dwords and data; pure. Source: NVM Command Set 1.0, section 3.2. */

import type { NativeCommand } from "../addon/command";
import { big, integer, object, refuse, U32, U64 } from "../check";
import { nativeCommand } from "../command";
import type { NamespaceIdentity } from "../identity";
import type { CopySource, IoFlags, ProtectionOptions } from "./io-options";
import { NVM_OPCODE } from "./nvm-opcodes";
import { protectionDwords } from "./protection";

export const MAX_LBAS = 65_536;
const MAX_RANGES = 256;
const RANGE_BYTES = 16;
const MAX_COPY_SOURCES = 256;
const COPY_SOURCE_BYTES = 32;
const FUA = 0x4000_0000;
const LIMITED_RETRY = 0x8000_0000;
const DEALLOCATE = 0x0200_0000;
const ATTRIBUTE_DEALLOCATE = 4;

/** SLBA and NLB in their places. An LBA beyond the end is the drive's to refuse: that is what tests ask about. */
export function addressed(
  opcode: number,
  nsid: number,
  slba: bigint,
  lbas: number,
  flags: IoFlags = {},
): NativeCommand {
  big("slba", slba, 0n, U64);
  const o = object<IoFlags>("flags", flags, ["fua", "limitedRetry"]);
  const bits = (o.fua === true ? FUA : 0) + (o.limitedRetry === true ? LIMITED_RETRY : 0);
  return nativeCommand({
    opcode,
    nsid,
    cdw10: Number(slba & 0xffff_ffffn),
    cdw11: Number(slba >> 32n),
    cdw12: bits + lbas - 1,
  });
}

/** Adds PRINFO and the tags to a command. */
export function protect(
  command: NativeCommand,
  identity: NamespaceIdentity,
  slba: bigint,
  options: ProtectionOptions | undefined,
): void {
  const { bits, cdw14, cdw15 } = protectionDwords(identity, slba, options);
  command.cdw12 += bits;
  command.cdw14 = cdw14;
  command.cdw15 = cdw15;
}

export function writeZeroesCommand(
  nsid: number,
  slba: bigint,
  lbas: number,
  flags: { fua?: boolean; deallocate?: boolean },
): NativeCommand {
  const { deallocate, ...plain } = object<typeof flags>("flags", flags, ["fua", "deallocate"]);
  const command = addressed(NVM_OPCODE.writeZeroes, nsid, slba, lbas, plain);
  if (deallocate === true) command.cdw12 += DEALLOCATE;
  return command;
}

/** Source ranges of descriptor format 0, 32 bytes each. */
export function copySources(sources: CopySource[]): Uint8Array {
  if (!Array.isArray(sources) || sources.length === 0 || sources.length > MAX_COPY_SOURCES) {
    refuse(`sources must be an array of 1 to ${MAX_COPY_SOURCES} ranges`);
  }
  const data = new Uint8Array(sources.length * COPY_SOURCE_BYTES);
  const view = new DataView(data.buffer);
  sources.forEach((source, i) => {
    const o = object<CopySource>(`sources[${i}]`, source, ["slba", "lbaCount"]);
    view.setBigUint64(i * COPY_SOURCE_BYTES + 8, big(`sources[${i}].slba`, o.slba, 0n, U64), true);
    view.setUint16(i * COPY_SOURCE_BYTES + 16, integer(`sources[${i}].lbaCount`, o.lbaCount, 1, MAX_LBAS) - 1, true);
  });
  return data;
}

/** Dataset Management with the attribute "deallocate", and its ranges, 16 bytes each. */
export function deallocateCommand(
  nsid: number,
  ranges: { slba: bigint; lbaCount: number }[],
): { command: NativeCommand; data: Uint8Array } {
  if (!Array.isArray(ranges) || ranges.length === 0 || ranges.length > MAX_RANGES) {
    refuse(`ranges must be an array of 1 to ${MAX_RANGES} ranges`);
  }
  const data = new Uint8Array(ranges.length * RANGE_BYTES);
  const view = new DataView(data.buffer);
  ranges.forEach((range, i) => {
    const o = object<(typeof ranges)[number]>(`ranges[${i}]`, range, ["slba", "lbaCount"]);
    view.setUint32(i * RANGE_BYTES + 4, integer(`ranges[${i}].lbaCount`, o.lbaCount, 0, U32), true);
    view.setBigUint64(i * RANGE_BYTES + 8, big(`ranges[${i}].slba`, o.slba, 0n, U64), true);
  });
  const command = nativeCommand({
    opcode: NVM_OPCODE.deallocate,
    nsid,
    cdw10: ranges.length - 1,
    cdw11: ATTRIBUTE_DEALLOCATE,
  });
  return { command, data };
}
