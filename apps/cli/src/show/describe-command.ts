/** One entry of a cmdlog as one line. */

/** Commands that name LBAs. */
const withLbas = new Set([1, 2, 4, 5, 8]);

export interface LoggedCommand {
  sequence: string;
  submittedNs: string;
  completedNs: string | null;
  outstanding: boolean;
  local: boolean;
  opcode: number;
  /** Name of the opcode. */
  command: string;
  /** Name of the status. */
  status: string | null;
  nsid: number;
  slba: string;
  lbaCount: string;
  cdw: number[];
  sct: number;
  sc: number;
}

const two = (value: number) => value.toString(16).padStart(2, "0");

export function describeCommand(qid: number, entry: LoggedCommand): string {
  const what =
    qid !== 0 && withLbas.has(entry.opcode)
      ? `LBA ${entry.slba}${entry.lbaCount === "0" ? "" : ` +${entry.lbaCount}`}`
      : `cdw10 ${(entry.cdw[0] ?? 0).toString(16).padStart(8, "0")}`;
  return `#${entry.sequence} ${timeOfDay(entry.submittedNs)} ${entry.command} (${two(entry.opcode)}h) nsid ${entry.nsid} ${what}  ${ending(entry)}`;
}

function ending(entry: LoggedCommand): string {
  if (entry.outstanding || entry.completedNs === null) return "outstanding";
  const tookUs = (BigInt(entry.completedNs) - BigInt(entry.submittedNs)) / 1000n;
  const bad = entry.sct === 0 && entry.sc === 0 ? "" : ` (${entry.status})`;
  return `${two(entry.sct)}/${two(entry.sc)}${bad} after ${tookUs} us${entry.local ? ", completed by our side" : ""}`;
}

/** UTC to the microsecond. */
function timeOfDay(ns: string): string {
  const us = BigInt(ns) / 1000n;
  const milliseconds = new Date(Number(us / 1000n)).toISOString().slice(11, 23);
  return `${milliseconds}${String(us % 1000n).padStart(3, "0")}`;
}
