/** Format NVM (NVMe Base 2.0, 5.14). */
import { flag, integer, object, U32 } from "../check";
import type { FormatOptions } from "../namespace/io-options";
import type { AdminCall } from "./call";

const MAX_FORMAT_TIMEOUT_MS = 24 * 3600 * 1000;
const DEFAULT_FORMAT_TIMEOUT_MS = 600_000;

export function formatCall(nsid: number, options: FormatOptions): AdminCall & { timeoutMs: number } {
  integer("nsid", nsid, 0, U32);
  const keys = ["lbaFormat", "secureErase", "protection", "protectionFirst", "extendedLba", "timeoutMs"];
  const o = object<FormatOptions>("options", options, keys);
  const lbaFormat = integer("lbaFormat", o.lbaFormat, 0, 63);
  const secureErase = integer("secureErase", o.secureErase ?? 0, 0, 7);
  const protection = integer("protection", o.protection ?? 0, 0, 7);
  const timeoutMs = integer("timeoutMs", o.timeoutMs ?? DEFAULT_FORMAT_TIMEOUT_MS, 1, MAX_FORMAT_TIMEOUT_MS);
  const cdw10 =
    (lbaFormat & 15) |
    (flag("extendedLba", o.extendedLba ?? false) ? 1 << 4 : 0) |
    (protection << 5) |
    (flag("protectionFirst", o.protectionFirst ?? false) ? 1 << 8 : 0) |
    (secureErase << 9) |
    ((lbaFormat >> 4) << 12);
  return { command: { opcode: 0x80, nsid, cdw10 }, timeoutMs };
}
