/** Raw commands from scripts to what the addon takes. */

import type { NativeCommand } from "../addon/command";
import { big, integer, object, U32, U64 } from "../check";
import type { RawCommand } from "./completion";

const DWORDS = ["cdw2", "cdw3", "cdw10", "cdw11", "cdw12", "cdw13", "cdw14", "cdw15"] as const;
const ADDRESSES = ["prp1", "prp2", "mptr"] as const;
const KEYS = ["opcode", "fuse", "nsid", ...DWORDS, ...ADDRESSES];

export function checkCommand(name: string, value: RawCommand, nsid: number): NativeCommand {
  const given = object<RawCommand>(name, value, KEYS);
  const command = { opcode: integer(`${name}.opcode`, given.opcode, 0, 255), nsid } as NativeCommand;
  if (given.fuse !== undefined) command.fuse = integer(`${name}.fuse`, given.fuse, 0, 3);
  if (given.nsid !== undefined) command.nsid = integer(`${name}.nsid`, given.nsid, 0, U32);
  for (const dword of DWORDS) command[dword] = integer(`${name}.${dword}`, given[dword] ?? 0, 0, U32);
  for (const address of ADDRESSES) {
    const value = given[address];
    if (value !== undefined) command[address] = big(`${name}.${address}`, value, 0n, U64);
  }
  return command;
}

/** A command with the given fields; for our own use. */
export function nativeCommand(fields: Partial<NativeCommand> & { opcode: number }): NativeCommand {
  return { nsid: 0, cdw10: 0, cdw11: 0, cdw12: 0, cdw13: 0, cdw14: 0, cdw15: 0, ...fields };
}
