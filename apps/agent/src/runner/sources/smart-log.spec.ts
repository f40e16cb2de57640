import { decodeSmartLog } from "./smart-log";

function page(): Uint8Array {
  const bytes = Buffer.alloc(512);
  bytes[0] = 0x04;
  bytes.writeUInt16LE(310, 1);
  bytes[3] = 98;
  bytes[5] = 7;
  bytes.writeBigUInt64LE(12n, 112);
  bytes.writeBigUInt64LE(3n, 144);
  bytes.writeBigUInt64LE(2n ** 53n, 32);
  bytes.writeBigUInt64LE(1n, 48 + 8);
  bytes.writeUInt16LE(301, 200);
  bytes.writeUInt16LE(302, 214);
  return bytes;
}

describe("the SMART page", () => {
  it("tells power cycles from unsafe shutdowns", () => {
    expect(decodeSmartLog(page())).toMatchObject({ powerCycles: 12, unsafeShutdowns: 3, mediaErrors: 0 });
  });
  it("keeps counters above 2^53 exact, as decimal strings, over all 128 bits", () => {
    expect(decodeSmartLog(page())).toMatchObject({
      dataUnitsRead: "9007199254740992",
      dataUnitsWritten: "18446744073709551616",
    });
  });
  it("lists only the temperature sensors that exist", () => {
    const fields = decodeSmartLog(page());
    expect(fields.temperatureSensor1Kelvin).toBe(301);
    expect(fields.temperatureSensor8Kelvin).toBe(302);
    expect(fields).not.toHaveProperty("temperatureSensor2Kelvin");
    expect(fields.compositeTemperature).toBe(310);
  });
  it("refuses a short page instead of reading zeroes", () => {
    expect(() => decodeSmartLog(page().subarray(0, 511))).toThrow("511 bytes");
  });
});
