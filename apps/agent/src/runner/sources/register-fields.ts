import type { Fields } from "./fields";

/** CSTS.CFS, Controller Fatal Status (NVM Express Base 2.0, 3.1.3.6). */
const CFS = 2n;
const RDY = 1n;

/** Registers as hexadecimal text under their lower-case names; `ready` and `fatal` come from CSTS. Unseen ones are left out. */
export function registerFields(registers: Record<string, bigint | null>): Fields {
  const fields: Fields = {};
  for (const [name, value] of Object.entries(registers)) {
    if (value === null) continue;
    fields[name.toLowerCase()] = `0x${value.toString(16)}`;
    if (name.toLowerCase() !== "csts") continue;
    fields.ready = (value & RDY) !== 0n;
    fields.fatal = (value & CFS) !== 0n;
  }
  return fields;
}
