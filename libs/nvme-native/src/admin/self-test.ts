/** Device Self-test (NVMe Base 2.0, 5.9). */
import { integer, oneOf, U32 } from "../check";
import type { AdminCall } from "./call";

/** STC. */
export const SELF_TEST = { short: 1, extended: 2, vendor: 0xe, abort: 0xf } as const;

export function selfTestCall(kind: keyof typeof SELF_TEST, nsid: number): AdminCall {
  oneOf("kind", kind, Object.keys(SELF_TEST) as (keyof typeof SELF_TEST)[]);
  return { command: { opcode: 0x14, nsid: integer("nsid", nsid, 0, U32), cdw10: SELF_TEST[kind] } };
}
