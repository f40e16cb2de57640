/** Which namespaces an admin command may have erased: only what they held is unknown then. Pure. */
import type { NativeCommand } from "../addon/command";
import type { Completion } from "../command/completion";
import { tcgErases } from "../tcg/erasing";
import { TCG_PROTOCOL } from "../tcg/exchange";

export const ALL_NAMESPACES = 0xffff_ffff;
export const OPCODE = {
  namespaceManagement: 0x0d,
  namespaceAttachment: 0x15,
  format: 0x80,
  securitySend: 0x81,
  sanitize: 0x84,
} as const;
/** Dword 10 of Namespace Management and Attachment; both begin with what makes one usable. */
export const SELECT = 0xf;
export const CREATE = 0;
export const ATTACH = 0;

/** FNA of Identify Controller (NVMe Base 2.0, figure 275): a format, or one that erases, is one of all namespaces. */
const FNA = 524;
const FORMATS_ALL = 1;
const ERASES_ALL = 2;
/** Dword 10 of Format NVM. */
const SES = 7 << 9;

/** Statuses of commands that were not executed (NVMe Base 2.0, figures 94 and 95), by type. */
const REFUSALS = [
  new Set([0x01, 0x02, 0x0b, 0x0c, 0x15, 0x1c, 0x1d, 0x20, 0x23]),
  new Set([0x0a, 0x0b, 0x14, 0x15, 0x16, 0x18, 0x19, 0x1a, 0x1b, 0x1c]),
];

/**
 * The nsid of what this command erases, `ALL_NAMESPACES`, or null for nothing. `data`: what goes with it; `identify`:
 * Identify Controller.
 */
export function erases(
  { opcode, nsid, cdw10 }: NativeCommand,
  data: Uint8Array | null,
  identify: Uint8Array,
): number | null {
  const fna = identify[FNA]!;
  switch (opcode) {
    case OPCODE.sanitize:
      return ALL_NAMESPACES;
    case OPCODE.format:
      return (fna & FORMATS_ALL) !== 0 || ((fna & ERASES_ALL) !== 0 && (cdw10 & SES) !== 0) ? ALL_NAMESPACES : nsid;
    case OPCODE.securitySend:
      return data !== null && cdw10 >>> 24 === TCG_PROTOCOL && tcgErases(data) ? ALL_NAMESPACES : null;
    case OPCODE.namespaceManagement:
      return (cdw10 & SELECT) === CREATE ? null : nsid;
    default:
      return null;
  }
}

/** The drive says that it did nothing: what was there must still be there. Any other failure may have done its work. */
export function wasRefused({ sct, sc }: Pick<Completion, "sct" | "sc">): boolean {
  return REFUSALS[sct]?.has(sc) ?? false;
}
