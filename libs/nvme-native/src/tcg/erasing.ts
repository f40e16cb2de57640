/** Whether what a host sends to a self-encrypting drive can take data with it. Pure. */
import { decodePacket } from "./packets";
import { RANGE_COLUMN } from "./ranges";
import { CONTROL, TcgMalformedError, type TcgValue, TokenReader } from "./tokens";
import { METHOD, UID } from "./uids";

const ERASING = [METHOD.genKey, METHOD.revert, METHOD.revertSp];
const PLACE = new Set<unknown>([RANGE_COLUMN.start, RANGE_COLUMN.length]);
/** The table of a UID. */
const TABLE_BYTES = 4;

const same = (a: TcgValue, b: Uint8Array) => a instanceof Uint8Array && Buffer.compare(a, b) === 0;
const ofRange = (object: TcgValue) =>
  object instanceof Uint8Array && same(object.subarray(0, TABLE_BYTES), UID.globalRange.subarray(0, TABLE_BYTES));

/** A named value anywhere inside, by its number. */
function names(value: TcgValue, wanted: ReadonlySet<unknown>): boolean {
  if (Array.isArray(value)) return value.some((each) => names(each, wanted));
  if (typeof value !== "object" || !("name" in value)) return false;
  return wanted.has(value.name) || names(value.value, wanted);
}

/**
 * A packet of security protocol 1 (TCG Storage Opal SSC 2.01): new keys, reverts, and ranges that move do; what cannot be
 * read may.
 */
export function tcgErases(packet: Uint8Array): boolean {
  try {
    const reader = new TokenReader(decodePacket(packet).payload);
    while (!reader.ended) {
      if (!reader.take(CONTROL.call)) return false;
      const [object, method] = [reader.value(), reader.value()];
      const parameters = reader.value();
      reader.expect(CONTROL.endOfData);
      reader.value();
      if (ERASING.some((erasing) => same(method, erasing))) return true;
      if (ofRange(object) && same(method, METHOD.set) && names(parameters, PLACE)) return true;
    }
    return false;
  } catch (reason) {
    if (reason instanceof TcgMalformedError) return true;
    throw reason;
  }
}
