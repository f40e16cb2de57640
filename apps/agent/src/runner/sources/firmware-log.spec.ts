import { decodeFirmwareLog } from "./firmware-log";

describe("the firmware slot log", () => {
  it("names the active slot, the one pending and the revisions that are there", () => {
    const page = Buffer.alloc(512);
    page[0] = 0x21;
    page.write("B7.1    ", 8, "latin1");
    page.write("B8.0", 16, "latin1");
    expect(decodeFirmwareLog(page)).toEqual({
      activeSlot: 1,
      nextSlot: 2,
      revision: "B7.1",
      slot1Revision: "B7.1",
      slot2Revision: "B8.0",
    });
  });
});
