/** NVM commands as dwords and data; pure. Source: NVM Command Set 1.0, section 3.2. */

import type { NativeCommand } from "../addon/command";
import { type CommandData, viewOf } from "../buffer/buffer";
import { big, flag, integer, object, refuse, U32, U64 } from "../check";
import { nativeCommand } from "../command/command";
import type { NamespaceIdentity } from "../controller/identity";
import type {
  CommandBits,
  CopyFlags,
  DatasetAttributes,
  DatasetRange,
  IoFlags,
  ProtectionOptions,
  WriteFlags,
} from "./io-options";
import { NVM_OPCODE } from "./nvm-opcodes";
import { checkBits, type ProtectionDwords, protectionDwords, protects } from "./protection";

export const MAX_LBAS = 65_536;
const MAX_RANGES = 256;
const RANGE_BYTES = 16;
export const MAX_RANGES_BYTES = MAX_RANGES * RANGE_BYTES;
/** Of Copy: PRACT of what is read, and where PRCHK and STC of it stand. */
const COPY_READ_ACTION = 1 << 15;
const COPY_READ_CHECKS = { shift: 14, bits: 0x7000, storage: 1 << 25 };
const FUA = 0x4000_0000;
const LIMITED_RETRY = 0x8000_0000;
const STREAMS_DIRECTIVE = 1 << 20;
const PLACEMENT_DIRECTIVE = 2 << 20;
const DEALLOCATE = 0x0200_0000;
const DATASET_ATTRIBUTES: Record<keyof DatasetAttributes, number> = {
  deallocate: 4,
  integralWrite: 2,
  integralRead: 1,
};
const COMMAND_BITS = ["cdw2", "cdw3", "cdw12", "cdw13", "cdw14", "cdw15"] as const;
const LBA_COUNT = 0xffff;
const STORAGE_CHECK = 0x0100_0000;

/** SLBA and NLB in their places. An LBA beyond the end is the drive's to refuse: that is what tests ask about. */
export function addressed(
  opcode: number,
  nsid: number,
  slba: bigint,
  lbas: number,
  flags: IoFlags = {},
): NativeCommand {
  big("slba", slba, 0n, U64);
  const o = object<IoFlags>("flags", flags, ["fua", "limitedRetry", "cdw"]);
  const fua = flag("flags.fua", o.fua ?? false) ? FUA : 0;
  const limitedRetry = flag("flags.limitedRetry", o.limitedRetry ?? false) ? LIMITED_RETRY : 0;
  const command = nativeCommand({
    opcode,
    nsid,
    cdw10: Number(slba & 0xffff_ffffn),
    cdw11: Number(slba >> 32n),
    cdw12: fua + limitedRetry + lbas - 1,
  });
  if (o.cdw !== undefined) addBits(command, o.cdw);
  return command;
}

function addBits(command: NativeCommand, given: CommandBits): void {
  const o = object<CommandBits>("flags.cdw", given, COMMAND_BITS);
  for (const word of COMMAND_BITS) {
    const bits = integer(`flags.cdw.${word}`, o[word] ?? 0, 0, U32);
    if (word === "cdw12" && (bits & LBA_COUNT) !== 0)
      refuse(`flags.cdw.cdw12 is ${bits}, its bits 15:0 must be 0: they are the LBA count`);
    command[word] = ((command[word] ?? 0) | bits) >>> 0;
  }
}

/** Adds PRINFO and the tags to a command. */
export function protect(
  command: NativeCommand,
  identity: NamespaceIdentity,
  slba: bigint,
  options: ProtectionOptions | undefined,
): void {
  refuseMask(options);
  addDwords(command, protectionDwords(identity, slba, options));
}

/** What a worker compares is not in its commands; of the others nobody would compare it. */
function refuseMask(options: ProtectionOptions | undefined): void {
  if (options?.storageMask !== undefined)
    refuse("protection.storageMask is for workers: what the drive compares of storage tags the namespace says");
}

function addDwords(command: NativeCommand, { bits, cdw2, cdw3, cdw14, cdw15 }: ProtectionDwords): void {
  command.cdw12 = (command.cdw12 | bits) >>> 0;
  if (cdw2 !== 0) command.cdw2 = ((command.cdw2 ?? 0) | cdw2) >>> 0;
  if (cdw3 !== 0) command.cdw3 = ((command.cdw3 ?? 0) | cdw3) >>> 0;
  command.cdw14 = (command.cdw14 | cdw14) >>> 0;
  command.cdw15 = (command.cdw15 | cdw15) >>> 0;
}

/** DTYPE and DSPEC of the streams directive (NVMe Base 2.0, 8.7.3). */
export function inStream(command: NativeCommand, stream: number): void {
  const specific = integer("flags.stream", stream, 1, 0xffff) << 16;
  command.cdw12 = (command.cdw12 | STREAMS_DIRECTIVE) >>> 0;
  command.cdw13 = (command.cdw13 | specific) >>> 0;
}

/** DTYPE and DSPEC of the data placement directive (NVMe Base 2.1, 8.1.8.4); nothing where there is no identifier. */
export function placed(command: NativeCommand, placement: number | undefined): NativeCommand {
  if (placement === undefined) return command;
  const specific = integer("flags.placement", placement, 0, 0xffff) * 2 ** 16;
  command.cdw12 = (command.cdw12 | PLACEMENT_DIRECTIVE) >>> 0;
  command.cdw13 = (command.cdw13 | specific) >>> 0;
  return command;
}

export function writeZeroesCommand(
  identity: NamespaceIdentity,
  slba: bigint,
  lbas: number,
  flags: WriteFlags & { deallocate?: boolean; protection?: ProtectionOptions },
): NativeCommand {
  const keys = ["fua", "limitedRetry", "cdw", "deallocate", "placement", "protection"];
  const { deallocate, placement, protection, ...plain } = object<typeof flags>("flags", flags, keys);
  const command = placed(addressed(NVM_OPCODE.writeZeroes, identity.nsid, slba, lbas, plain), placement);
  protect(command, identity, slba, protection);
  if (flag("flags.deallocate", deallocate ?? false)) command.cdw12 = (command.cdw12 | DEALLOCATE) >>> 0;
  return command;
}

/** Copy of so many source ranges in that descriptor format. */
export function copyCommand(
  identity: NamespaceIdentity,
  destination: bigint,
  sources: number,
  format: 0 | 1,
  flags: CopyFlags,
): NativeCommand {
  const keys = ["fua", "limitedRetry", "cdw", "placement", "protection", "check", "descriptorFormat"];
  const { placement, protection, check, descriptorFormat: _, ...plain } = object<CopyFlags>("flags", flags, keys);
  const command = placed(addressed(NVM_OPCODE.copy, identity.nsid, destination, sources, plain), placement);
  command.cdw12 = (command.cdw12 | (format << 8)) >>> 0;
  if (!protects(identity) && check !== undefined)
    refuse(`flags.check was given, namespace ${identity.nsid} has no protection information`);
  const dwords = protectionDwords(identity, destination, protection);
  addDwords(command, dwords);
  const read = checkBits(identity, "flags.check", check);
  // The drive takes both actions or none (5.3.2.5.1).
  const { shift, bits, storage } = COPY_READ_CHECKS;
  const asked = ((read >>> shift) & bits) | ((read & STORAGE_CHECK) !== 0 ? storage : 0);
  command.cdw12 = (command.cdw12 | asked | (dwords.action ? COPY_READ_ACTION : 0)) >>> 0;
  return command;
}

/** Ranges of Dataset Management, 16 bytes each. */
export function datasetRanges(ranges: DatasetRange[]): Uint8Array {
  if (!Array.isArray(ranges) || ranges.length === 0 || ranges.length > MAX_RANGES) {
    refuse(`ranges must be an array of 1 to ${MAX_RANGES} ranges`);
  }
  const data = new Uint8Array(ranges.length * RANGE_BYTES);
  const view = new DataView(data.buffer);
  ranges.forEach((range, i) => {
    const o = object<DatasetRange>(`ranges[${i}]`, range, ["slba", "lbaCount", "attributes"]);
    view.setUint32(i * RANGE_BYTES, integer(`ranges[${i}].attributes`, o.attributes ?? 0, 0, U32), true);
    view.setUint32(i * RANGE_BYTES + 4, integer(`ranges[${i}].lbaCount`, o.lbaCount, 0, U32), true);
    view.setBigUint64(i * RANGE_BYTES + 8, big(`ranges[${i}].slba`, o.slba, 0n, U64), true);
  });
  return data;
}

/** Dataset Management of the ranges that `data` begins with; `count` of them. */
export function datasetCommand(
  nsid: number,
  data: CommandData,
  count: number,
  attributes: DatasetAttributes,
): NativeCommand {
  integer("count", count, 1, MAX_RANGES);
  viewOf("ranges", data, count * RANGE_BYTES, MAX_RANGES_BYTES);
  const o = object<DatasetAttributes>("attributes", attributes, Object.keys(DATASET_ATTRIBUTES));
  let cdw11 = 0;
  for (const [name, bit] of Object.entries(DATASET_ATTRIBUTES))
    if (flag(`attributes.${name}`, o[name as keyof DatasetAttributes] ?? false)) cdw11 |= bit;
  return nativeCommand({ opcode: NVM_OPCODE.deallocate, nsid, cdw10: count - 1, cdw11 });
}
