/** Security Send and Receive (NVMe Base 2.0, 5.26 and 5.25). */
import type { CommandData } from "../buffer/buffer";
import { integer, object, U32 } from "../check";
import { type AdminCall, transferred } from "./call";

/** SECP, SPSP, NSSF and nsid of a security command. */
export interface SecurityOptions {
  protocol: number;
  /** Protocol specific, 16 bits. */
  specific?: number;
  nssf?: number;
  nsid?: number;
}

export function securityCall(way: "send" | "receive", data: CommandData, options: SecurityOptions): AdminCall {
  const cdw11 = transferred("data", data);
  const o = object<SecurityOptions>("options", options, ["protocol", "specific", "nssf", "nsid"]);
  const protocol = integer("protocol", o.protocol, 0, 255);
  const specific = integer("specific", o.specific ?? 0, 0, 0xffff);
  const nssf = integer("nssf", o.nssf ?? 0, 0, 255);
  const command = {
    opcode: way === "send" ? 0x81 : 0x82,
    nsid: integer("nsid", o.nsid ?? 0, 0, U32),
    cdw10: ((protocol << 24) | (specific << 8) | nssf) >>> 0,
    cdw11,
  };
  return { command, data, direction: way === "send" ? "to-device" : "from-device" };
}
