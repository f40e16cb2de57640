import { decodeErrorLog, errorLogBytes } from "./error-log";

describe("the error log", () => {
  it("counts entries in use and shows the newest with its status and LBA", () => {
    const page = Buffer.alloc(4 * 64);
    page.writeBigUInt64LE(9n, 0);
    page.writeUInt16LE(2, 8);
    page.writeUInt16LE(((2 << 8) | 0x81) << 1, 12);
    page.writeBigUInt64LE(4711n, 16);
    page.writeUInt32LE(1, 24);
    page.writeBigUInt64LE(8n, 64);
    expect(decodeErrorLog(page)).toEqual({
      entries: 2,
      newest: 9,
      newestSqid: 2,
      newestCid: 0,
      newestStatus: "02/81",
      newestLba: "4711",
      newestNsid: 1,
    });
  });
  it("says no entries of an empty log", () => {
    expect(decodeErrorLog(Buffer.alloc(128))).toEqual({ entries: 0, newest: 0 });
  });
  it("is as long as ELPE says, within our own limit", () => {
    const identify = Buffer.alloc(4096);
    expect(errorLogBytes(identify)).toBe(64);
    identify[262] = 3;
    expect(errorLogBytes(identify)).toBe(256);
    identify[262] = 255;
    expect(errorLogBytes(identify)).toBe(64 * 64);
  });
});
