/** The flight recorder of one queue as scripts read it: newest first, with names and every dword. */
import {
  CMDLOG_ENTRY_BYTES,
  CMDLOG_HEADER_BYTES,
  type Cmdlog,
  type CmdlogEntry,
  CmdlogFormatError,
  decodeCmdlog,
} from "@assay/protocol";
import { big, bytes, having, integer, numbersIn, refuse, text, U32 } from "../check";
import { NvmeError } from "../nvme-error";
import { commandName, statusName } from "./command-names";
import { statusText } from "./status";

const MAX_COUNT = 1 << 20;
const MAX_IMAGE_BYTES = CMDLOG_HEADER_BYTES + MAX_COUNT * CMDLOG_ENTRY_BYTES;
const MAX_NAME = 100;
const SUBMISSION_DWORDS = 16;
const COMPLETION_DWORDS = 4;
/** What a Date can say. */
const MAX_TIME_NS = 8_640_000_000_000_000n * 1_000_000n;
const SUBMISSION_AT = 32;
const COMPLETION_AT = 96;

/** One entry of a flight recorder. Times are of day, ns since 1970. */
export interface RecordedCommand extends CmdlogEntry {
  qid: number;
  name: string;
  /** The 16 dwords of the submission entry. */
  submission: number[];
  /** The 4 dwords of the completion entry; null while the command is outstanding. */
  completion: number[] | null;
  /** null while it is outstanding. */
  latencyNs: number | null;
}

function decoded(image: Uint8Array): Cmdlog {
  bytes("image", image, 0, MAX_IMAGE_BYTES);
  try {
    return decodeCmdlog(image);
  } catch (reason) {
    if (!(reason instanceof CmdlogFormatError)) throw reason;
    throw new NvmeError("ERR_FILE", `this is no flight recorder: ${reason.message}`);
  }
}

/**
 * The newest `count` commands (0: all that the ring has), newest first, from the bytes of a flight recorder's file, whoever
 * wrote it and however he ended. The file does not say which namespaces are of the key value command set, whose opcodes mean
 * other commands: `keyValueNsids` does; names are those of NVM else. @throws ERR_FILE when it is none
 */
export function recordedCommands(
  image: Uint8Array,
  count = 0,
  keyValueNsids: readonly number[] = [],
): RecordedCommand[] {
  integer("count", count, 0, MAX_COUNT);
  numbersIn("keyValueNsids", keyValueNsids);
  const ioSet = (nsid: number) => (keyValueNsids.includes(nsid) ? "key-value" : "io");
  const { entries, qid, capacity } = decoded(image);
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  const newestFirst = entries.reverse();
  return (count === 0 ? newestFirst : newestFirst.slice(0, count)).map((entry) => {
    const place = Number((entry.sequence - 1n) % BigInt(capacity));
    const at = CMDLOG_HEADER_BYTES + place * CMDLOG_ENTRY_BYTES;
    const dwordsAt = (from: number, n: number) =>
      Array.from({ length: n }, (_, i) => view.getUint32(at + from + 4 * i, true));
    return {
      ...entry,
      qid,
      name: commandName(entry.opcode, qid === 0 ? "admin" : ioSet(entry.nsid)),
      submission: dwordsAt(SUBMISSION_AT, SUBMISSION_DWORDS),
      completion: entry.outstanding ? null : dwordsAt(COMPLETION_AT, COMPLETION_DWORDS),
      latencyNs: entry.completedNs === null ? null : Number(entry.completedNs - entry.submittedNs),
    };
  });
}

function dwords(name: string, given: number[], count: number): void {
  numbersIn(name, given);
  if (given.length !== count) refuse(`${name} has ${given.length} dwords, it must have ${count}`);
  given.forEach((word, i) => void integer(`${name}[${i}]`, word, 0, U32));
}

/** One recorded command as a person reads it: time, name, dwords, and what came of it. */
export function describeCommand(command: RecordedCommand): string {
  having("command", command, ["submittedNs", "submission", "completion", "sct", "sc", "name"]);
  big("command.submittedNs", command.submittedNs, 0n, MAX_TIME_NS);
  text("command.name", command.name, MAX_NAME);
  for (const key of ["qid", "cid"] as const) integer(`command.${key}`, command[key], 0, 0xffff);
  dwords("command.submission", command.submission, SUBMISSION_DWORDS);
  if (command.completion !== null) {
    dwords("command.completion", command.completion, COMPLETION_DWORDS);
    integer("command.latencyNs", command.latencyNs, 0, Number.MAX_SAFE_INTEGER);
  }
  const hex = (values: number[]) => values.map((value) => value.toString(16).padStart(8, "0")).join(" ");
  const micros = command.submittedNs / 1000n;
  const time = `${new Date(Number(micros / 1000n)).toISOString().slice(0, -1)}${String(micros % 1000n).padStart(3, "0")}Z`;
  const end =
    command.completion === null
      ? "outstanding"
      : `${hex(command.completion)} ${statusText(command)} ${statusName(command.sct, command.sc)}${command.local ? ", made by our side" : ""}, ${command.latencyNs! / 1000} us`;
  return `${time} q${command.qid} cid ${command.cid} ${command.name}: ${hex(command.submission)} -> ${end}`;
}
