/** Names of commands and statuses, for people; the tables are libs/protocol's. */
import { type NvmeCommandSet, nvmeCommandName, nvmeStatusName } from "@assay/protocol";
import { integer, oneOf } from "../check";
import { LOCAL_SCT } from "./status";

/** What an opcode is for: `admin` queues, or I/O queues; there to namespaces of blocks (`io`) or of keys and values (`key-value`). */
export type CommandSet = NvmeCommandSet;
export const COMMAND_SETS: readonly CommandSet[] = ["admin", "io", "key-value"];

/** `Identify`, `Vendor specific` or `Unknown`. */
export function commandName(opcode: number, set: CommandSet = "admin"): string {
  integer("opcode", opcode, 0, 255);
  oneOf("set", set, COMMAND_SETS);
  return nvmeCommandName(opcode, set);
}

/** Of a completion as this driver gives it: status code type 7 is our side's. */
export function statusName(sct: number, sc: number): string {
  integer("sct", sct, 0, 7);
  integer("sc", sc, 0, 255);
  return nvmeStatusName(sct, sc, sct === LOCAL_SCT);
}
