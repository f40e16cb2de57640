/** Sanitize (NVMe Base 2.0, 5.24). */
import { flag, integer, object, oneOf, U32 } from "../check";
import type { AdminCall } from "./call";

/** SANACT. */
export const SANITIZE = { exitFailure: 1, blockErase: 2, overwrite: 3, cryptoErase: 4 } as const;

/** CDW10 and CDW11 of Sanitize. */
export interface SanitizeOptions {
  /** Of an overwrite, 32 bits. */
  pattern?: number;
  /** Of an overwrite, 1 to 16. */
  passes?: number;
  /** Invert the pattern between passes. */
  invertPattern?: boolean;
  noDeallocate?: boolean;
  allowUnrestrictedExit?: boolean;
}

export function sanitizeCall(action: keyof typeof SANITIZE, options: SanitizeOptions = {}): AdminCall {
  oneOf("action", action, Object.keys(SANITIZE) as (keyof typeof SANITIZE)[]);
  const keys = ["pattern", "passes", "invertPattern", "noDeallocate", "allowUnrestrictedExit"];
  const o = object<SanitizeOptions>("options", options, keys);
  const passes = integer("passes", o.passes ?? 1, 1, 16);
  const cdw10 =
    SANITIZE[action] |
    (flag("allowUnrestrictedExit", o.allowUnrestrictedExit ?? false) ? 8 : 0) |
    ((passes & 15) << 4) |
    (flag("invertPattern", o.invertPattern ?? false) ? 0x100 : 0) |
    (flag("noDeallocate", o.noDeallocate ?? false) ? 0x200 : 0);
  return { command: { opcode: 0x84, cdw10, cdw11: integer("pattern", o.pattern ?? 0, 0, U32) } };
}
