/** Directive Send and Receive (NVMe Base 2.0, 5.11 and 5.10). */
import type { CommandData } from "../buffer/buffer";
import { integer, object, U32 } from "../check";
import { type AdminCall, transferred, word } from "./call";

/** Fields of CDW11 and on; nsid ffffffffh unless said. `specific`: DSPEC, 16 bits. */
export interface DirectiveOptions {
  nsid?: number;
  type: number;
  operation: number;
  specific?: number;
  cdw12?: number;
  data?: CommandData;
}

export function directiveCall(way: "send" | "receive", options: DirectiveOptions): AdminCall {
  const keys = ["nsid", "type", "operation", "specific", "cdw12", "data"];
  const o = object<DirectiveOptions>("options", options, keys);
  const type = integer("type", o.type, 0, 255);
  const operation = integer("operation", o.operation, 0, 255);
  const specific = integer("specific", o.specific ?? 0, 0, 0xffff);
  const command = {
    opcode: way === "send" ? 0x19 : 0x1a,
    nsid: integer("nsid", o.nsid ?? U32, 0, U32),
    cdw10: o.data === undefined ? 0 : transferred("data", o.data) / 4 - 1,
    cdw11: word(specific, (type << 8) | operation),
    cdw12: integer("cdw12", o.cdw12 ?? 0, 0, U32),
  };
  if (o.data === undefined) return { command };
  return { command, data: o.data, direction: way === "send" ? "to-device" : "from-device" };
}
