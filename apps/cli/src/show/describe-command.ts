/** One entry of a cmdlog as one line. Opcodes: NVM Express Base 2.0, figures 138 and 346; NVM command set, figure 16. */
const adminOpcodes: Record<number, string> = {
  0: "Delete I/O SQ",
  1: "Create I/O SQ",
  2: "Get Log Page",
  4: "Delete I/O CQ",
  5: "Create I/O CQ",
  6: "Identify",
  8: "Abort",
  9: "Set Features",
  10: "Get Features",
  12: "Async Event Request",
  16: "Firmware Commit",
  17: "Firmware Download",
  20: "Device Self-test",
  24: "Keep Alive",
  128: "Format NVM",
  132: "Sanitize",
};
const ioOpcodes: Record<number, string> = {
  0: "Flush",
  1: "Write",
  2: "Read",
  4: "Write Uncorrectable",
  5: "Compare",
  8: "Write Zeroes",
  9: "Dataset Management",
};
/** Commands that name LBAs. */
const withLbas = new Set([1, 2, 4, 5, 8]);

export interface LoggedCommand {
  sequence: string;
  submittedNs: string;
  completedNs: string | null;
  outstanding: boolean;
  local: boolean;
  opcode: number;
  nsid: number;
  slba: string;
  lbaCount: string;
  cdw: number[];
  sct: number;
  sc: number;
}

const two = (value: number) => value.toString(16).padStart(2, "0");

export function describeCommand(qid: number, entry: LoggedCommand): string {
  const name = (qid === 0 ? adminOpcodes : ioOpcodes)[entry.opcode] ?? "opcode";
  const what =
    qid !== 0 && withLbas.has(entry.opcode)
      ? `LBA ${entry.slba}${entry.lbaCount === "0" ? "" : ` +${entry.lbaCount}`}`
      : `cdw10 ${(entry.cdw[0] ?? 0).toString(16).padStart(8, "0")}`;
  return `#${entry.sequence} ${timeOfDay(entry.submittedNs)} ${name} (${two(entry.opcode)}h) nsid ${entry.nsid} ${what}  ${ending(entry)}`;
}

function ending(entry: LoggedCommand): string {
  if (entry.outstanding || entry.completedNs === null) return "outstanding";
  const tookUs = (BigInt(entry.completedNs) - BigInt(entry.submittedNs)) / 1000n;
  return `${two(entry.sct)}/${two(entry.sc)} after ${tookUs} us${entry.local ? ", completed by our side" : ""}`;
}

/** UTC to the microsecond. */
function timeOfDay(ns: string): string {
  const us = BigInt(ns) / 1000n;
  const milliseconds = new Date(Number(us / 1000n)).toISOString().slice(11, 23);
  return `${milliseconds}${String(us % 1000n).padStart(3, "0")}`;
}
