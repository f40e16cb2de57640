/** What List returns (Key Value Command Set 1.0, figures 15 and 16). Pure. */
import { bytes as checkBytes, U32 } from "../check";

/** How many keys there are. */
export const LIST_HEAD_BYTES = 4;
const KEY_HEAD_BYTES = 2;

/** The keys of a list; each has its length before it and ends on a dword. The drive's count is believed as far as the page goes. */
export function decodeKeyList(page: Uint8Array): Uint8Array[] {
  checkBytes("page", page, LIST_HEAD_BYTES, U32);
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  const keys: Uint8Array[] = [];
  let at = LIST_HEAD_BYTES;
  for (let left = view.getUint32(0, true); left > 0 && at + KEY_HEAD_BYTES <= page.byteLength; left--) {
    const from = at + KEY_HEAD_BYTES;
    const end = from + view.getUint16(at, true);
    if (end > page.byteLength) break;
    keys.push(page.slice(from, end));
    at = Math.ceil(end / 4) * 4;
  }
  return keys;
}
