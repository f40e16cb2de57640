/** Write Atomicity Normal, feature 0Ah (NVM Command Set 1.0, 4.1.4.2): whether AWUN holds, or AWUPF alone. Pure. */
import type { NativeCommand } from "../addon/command";

const SET_FEATURES = 0x09;
export const WRITE_ATOMICITY = 0x0a;
/** DN: AWUN and NAWUN are not required. */
export const DISABLE_NORMAL = 1;

/** What an admin command asks of DN, or null. */
export function asksNormalUnit({ opcode, cdw10, cdw11 }: NativeCommand): { disabled: boolean } | null {
  if (opcode !== SET_FEATURES || (cdw10 & 0xff) !== WRITE_ATOMICITY) return null;
  return { disabled: (cdw11 & DISABLE_NORMAL) !== 0 };
}
