/** Firmware Slot Information, log page 03h (NVM Express Base 2.0, figure 209). Pure. */
import { asciiField, type Fields } from "./fields";

export const FIRMWARE_LOG_ID = 0x03;
export const FIRMWARE_LOG_BYTES = 512;
const SLOTS = 7;

/** Fields: `activeSlot`, `nextSlot` (0: none pending), the running `revision` and that of each slot that holds one. */
export function decodeFirmwareLog(page: Uint8Array): Fields {
  const afi = page[0] ?? 0;
  const fields: Fields = { activeSlot: afi & 7, nextSlot: (afi >> 4) & 7 };
  for (let slot = 1; slot <= SLOTS; slot++) {
    const revision = asciiField(page, 8 * slot, 8);
    if (revision !== "") fields[`slot${slot}Revision`] = revision;
  }
  const running = fields[`slot${fields.activeSlot}Revision`];
  if (running !== undefined) fields.revision = running;
  return fields;
}
