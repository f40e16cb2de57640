/** Identify (NVMe Base 2.0, 5.17). */
import { type CommandData, viewOf } from "../buffer/buffer";
import { integer, object, U32 } from "../check";
import { IDENTIFY_BYTES } from "../controller/identify";
import { type AdminCall, MAX_TRANSFER_BYTES, word } from "./call";

/** CDW10 and CDW11 of Identify; what is not given is 0. */
export interface IdentifyOptions {
  /** Default 1, Identify Controller. */
  cns?: number;
  nsid?: number;
  cntid?: number;
  csi?: number;
  /** CNS specific identifier, 16 bits: NVM set, endurance group. */
  cnssid?: number;
}

/** `data` must take a whole page; what lies behind it is left alone. */
export function identifyCall(data: CommandData, options: IdentifyOptions): AdminCall {
  viewOf("data", data, IDENTIFY_BYTES, MAX_TRANSFER_BYTES);
  const o = object<IdentifyOptions>("options", options, ["cns", "nsid", "cntid", "csi", "cnssid"]);
  const cns = integer("cns", o.cns ?? 1, 0, 255);
  const csi = integer("csi", o.csi ?? 0, 0, 255);
  const command = {
    opcode: 0x06,
    nsid: integer("nsid", o.nsid ?? 0, 0, U32),
    cdw10: word(integer("cntid", o.cntid ?? 0, 0, 0xffff), cns),
    cdw11: word(csi << 8, integer("cnssid", o.cnssid ?? 0, 0, 0xffff)),
  };
  return { command, data, direction: "from-device" };
}
