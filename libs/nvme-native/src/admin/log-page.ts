/** Get Log Page (NVMe Base 2.0, 5.16). */
import type { CommandData } from "../buffer/buffer";
import { flag, integer, object, U32 } from "../check";
import { type AdminCall, fours, transferred, word } from "./call";

/** Fields of Get Log Page beside the page and its length; what is not given is 0. */
export interface LogPageOptions {
  /** Default ffffffffh, the controller. */
  nsid?: number;
  /** Bytes, a multiple of 4. */
  offset?: number;
  /** Log specific field, 7 bits. */
  lsp?: number;
  /** Log specific identifier, 16 bits. */
  lsi?: number;
  /** Retain the asynchronous event: events of this type stay silent as if the page had not been read. */
  retainEvent?: boolean;
  uuidIndex?: number;
  csi?: number;
}

const KEYS = ["nsid", "offset", "lsp", "lsi", "retainEvent", "uuidIndex", "csi"];

/** As many bytes of the page as `data` takes. */
export function logPageCall(lid: number, data: CommandData, options: LogPageOptions, maxBytes: number): AdminCall {
  integer("lid", lid, 0, 255);
  const dwords = transferred("data", data, maxBytes) / 4 - 1;
  const o = object<LogPageOptions>("options", options, KEYS);
  const offset = fours("offset", integer("offset", o.offset ?? 0, 0, Number.MAX_SAFE_INTEGER));
  const retain = flag("retainEvent", o.retainEvent ?? false) ? 0x80 : 0;
  const lsp = integer("lsp", o.lsp ?? 0, 0, 127);
  const command = {
    opcode: 0x02,
    nsid: integer("nsid", o.nsid ?? U32, 0, U32),
    cdw10: word(dwords & 0xffff, (lsp << 8) | (retain << 8) | lid),
    cdw11: word(integer("lsi", o.lsi ?? 0, 0, 0xffff), dwords >>> 16),
    cdw12: offset % 2 ** 32,
    cdw13: Math.floor(offset / 2 ** 32),
    cdw14: word(integer("csi", o.csi ?? 0, 0, 255) << 8, integer("uuidIndex", o.uuidIndex ?? 0, 0, 127)),
  };
  return { command, data, direction: "from-device" };
}
