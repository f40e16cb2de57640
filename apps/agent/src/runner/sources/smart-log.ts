/** SMART / Health Information, log page 02h (NVM Express Base 2.0, figure 208). Pure. */
import { countField, type Fields, unsigned } from "./fields";

export const SMART_LOG_ID = 0x02;
export const SMART_LOG_BYTES = 512;

/** The 128-bit counters: name and offset. */
const COUNTERS: [name: string, offset: number][] = [
  ["dataUnitsRead", 32],
  ["dataUnitsWritten", 48],
  ["hostReads", 64],
  ["hostWrites", 80],
  ["controllerBusyMinutes", 96],
  ["powerCycles", 112],
  ["powerOnHours", 128],
  ["unsafeShutdowns", 144],
  ["mediaErrors", 160],
  ["errorLogEntries", 176],
];

/** Names are those of the metric registry where it has one (kelvin, percent). Decode a page of at least 512 bytes. Counters beyond 2^53 become decimal strings. @throws RangeError when shorter. */
export function decodeSmartLog(page: Uint8Array): Fields {
  if (page.length < SMART_LOG_BYTES)
    throw new RangeError(`SMART page of ${page.length} bytes, ${SMART_LOG_BYTES} needed`);
  const fields: Fields = {
    criticalWarning: Number(unsigned(page, 0, 1)),
    compositeTemperature: Number(unsigned(page, 1, 2)),
    availableSpare: Number(unsigned(page, 3, 1)),
    availableSpareThreshold: Number(unsigned(page, 4, 1)),
    percentageUsed: Number(unsigned(page, 5, 1)),
  };
  for (const [name, offset] of COUNTERS) fields[name] = countField(unsigned(page, offset, 16));
  fields.warningTemperatureMinutes = Number(unsigned(page, 192, 4));
  fields.criticalTemperatureMinutes = Number(unsigned(page, 196, 4));
  for (let sensor = 1; sensor <= 8; sensor++) {
    const kelvin = Number(unsigned(page, 198 + 2 * sensor, 2));
    // 0 means that the sensor does not exist.
    if (kelvin !== 0) fields[`temperatureSensor${sensor}Kelvin`] = kelvin;
  }
  return fields;
}
