/** Reads what native/model/bus/bus_trace.h writes, and compares it with a flight recorder of the same process. */
import { closeSync, ftruncateSync, openSync, readFileSync } from "node:fs";
import type { CmdlogEntry } from "@assay/protocol";

const RECORD_BYTES = 128;
const FETCHED = 1;

/** A command as the drive saw it. */
export interface DriveCommand {
  cid: number;
  opcode: number;
  nsid: number;
  cdw: number[];
  /** null: nothing was posted for it. */
  completion: { sct: number; sc: number; cdw0: number } | null;
}

/** To be called before the drive is opened. */
export function layBusTrace(drive: string, records: number): void {
  const fd = openSync(`${drive}.bus`, "w");
  ftruncateSync(fd, (records + 1) * RECORD_BYTES);
  closeSync(fd);
}

/**
 * Commands per queue id, oldest first, and the queue ids in the order in which the drive served them; `whole` is false when
 * older ones were overwritten.
 */
export function readBusTrace(drive: string): {
  whole: boolean;
  queues: Map<number, DriveCommand[]>;
  served: number[];
} {
  const file = readFileSync(`${drive}.bus`);
  const places = file.length / RECORD_BYTES - 1;
  const records = Array.from({ length: places }, (_, n) =>
    file.subarray((n + 1) * RECORD_BYTES, (n + 2) * RECORD_BYTES),
  )
    .map((record) => ({ record, number: record.readBigUInt64LE(0) }))
    .filter(({ number }) => number > 0n)
    .sort((a, b) => (a.number < b.number ? -1 : 1));
  const queues = new Map<number, DriveCommand[]>();
  const served: number[] = [];
  const open = new Map<string, DriveCommand>();
  for (const { record } of records) {
    const qid = record.readUInt16LE(10);
    const entry = record.subarray(32);
    if (record.readUInt16LE(8) === FETCHED) {
      const command = fetched(entry);
      if (!queues.has(qid)) queues.set(qid, []);
      queues.get(qid)!.push(command);
      served.push(qid);
      open.set(`${qid} ${command.cid}`, command);
    } else {
      const status = entry.readUInt16LE(14);
      const command = open.get(`${qid} ${entry.readUInt16LE(12)}`);
      if (command)
        command.completion = { sct: (status >> 9) & 7, sc: (status >> 1) & 0xff, cdw0: entry.readUInt32LE(0) };
    }
  }
  return { whole: records.length < places, queues, served };
}

const fetched = (entry: Buffer): DriveCommand => ({
  cid: entry.readUInt16LE(2),
  opcode: entry[0]!,
  nsid: entry.readUInt32LE(4),
  cdw: [10, 11, 12, 13, 14, 15].map((n) => entry.readUInt32LE(n * 4)),
  completion: null,
});

const same = (entry: CmdlogEntry, command: DriveCommand) =>
  entry.opcode === command.opcode && entry.nsid === command.nsid && String(entry.cdw) === String(command.cdw);

interface Limits {
  /** Nothing was overwritten on the drive's tape. */
  whole: boolean;
  /** Commands that one queue can have open. */
  depth: number;
}

/**
 * What is wrong when the recorder of one I/O queue (`recorded`, oldest first) is laid beside what the drive did on it:
 * every command that the drive fetched must have been recorded, in the same order; what was recorded and not fetched was
 * either cut off by our side or is one of the newest `depth`; every completion that was recorded is the one that was posted.
 */
export function disagreements(recorded: CmdlogEntry[], driven: DriveCommand[], limits: Limits): string[] {
  // How many of the newest the drive did not fetch any more is not known; two of them may look alike.
  let fewest: string[] | null = null;
  for (let unfetched = 0; unfetched <= limits.depth && unfetched <= recorded.length; unfetched++) {
    if (unfetched > 0 && !recorded.at(-unfetched)!.outstanding) break;
    const faults = compareBackwards(recorded.slice(0, recorded.length - unfetched), driven, unfetched, limits);
    if (fewest === null || faults.length < fewest.length) fewest = faults;
  }
  return fewest ?? [];
}

function compareBackwards(
  recorded: CmdlogEntry[],
  driven: DriveCommand[],
  unfetched: number,
  { whole, depth }: Limits,
): string[] {
  const faults: string[] = [];
  let at = driven.length - 1;
  let open = unfetched;
  for (const entry of recorded.toReversed()) {
    const command = driven[at];
    if (command === undefined && !whole) break;
    if (command === undefined || !same(entry, command)) {
      if (!entry.local)
        faults.push(`entry ${entry.sequence} (opcode ${entry.opcode}, LBA ${entry.slba}) was not fetched next`);
      continue;
    }
    at--;
    if (entry.outstanding) open++;
    else if (!entry.local && !endedAs(entry, command))
      faults.push(
        `entry ${entry.sequence} ended ${entry.sct}/${entry.sc}, posted was ${JSON.stringify(command.completion)}`,
      );
  }
  if (open > depth) faults.push(`${open} entries are open at depth ${depth}`);
  const complete = recorded.length === 0 ? unfetched === 0 : recorded[0]!.sequence === 1n;
  if (at >= 0 && whole && complete) faults.push(`${at + 1} commands were executed and not recorded`);
  return faults;
}

const endedAs = ({ sct, sc, cdw0 }: CmdlogEntry, { completion }: DriveCommand) =>
  completion !== null && completion.sct === sct && completion.sc === sc && completion.cdw0 === cdw0;
