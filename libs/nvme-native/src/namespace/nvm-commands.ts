/** NVM commands as dwords and data; pure. Source: NVM Command Set 1.0, section 3.2. */

import type { NativeCommand } from "../addon/command";
import { type CommandData, viewOf } from "../buffer/buffer";
import { big, flag, integer, object, refuse, U32, U64 } from "../check";
import { nativeCommand } from "../command/command";
import type { NamespaceIdentity } from "../controller/identity";
import type {
  CommandBits,
  CopySource,
  DatasetAttributes,
  DatasetRange,
  IoFlags,
  ProtectionOptions,
  WriteFlags,
} from "./io-options";
import { NVM_OPCODE } from "./nvm-opcodes";
import { protectionDwords } from "./protection";

export const MAX_LBAS = 65_536;
const MAX_RANGES = 256;
const RANGE_BYTES = 16;
export const MAX_RANGES_BYTES = MAX_RANGES * RANGE_BYTES;
const MAX_COPY_SOURCES = 256;
const COPY_SOURCE_BYTES = 32;
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
  const { bits, cdw14, cdw15 } = protectionDwords(identity, slba, options);
  command.cdw12 = (command.cdw12 | bits) >>> 0;
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
  nsid: number,
  slba: bigint,
  lbas: number,
  flags: WriteFlags & { deallocate?: boolean },
): NativeCommand {
  const keys = ["fua", "limitedRetry", "cdw", "deallocate", "placement"];
  const { deallocate, placement, ...plain } = object<typeof flags>("flags", flags, keys);
  const command = placed(addressed(NVM_OPCODE.writeZeroes, nsid, slba, lbas, plain), placement);
  if (flag("flags.deallocate", deallocate ?? false)) command.cdw12 = (command.cdw12 | DEALLOCATE) >>> 0;
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
