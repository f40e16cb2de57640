import { nvmeCommandName, nvmeStatusName } from "./nvme-names";

describe("names of NVMe", () => {
  it("tell the same opcode apart on the admin and on the I/O queues", () => {
    expect([nvmeCommandName(2, "admin"), nvmeCommandName(2, "io")]).toEqual(["Get Log Page", "Read"]);
    expect([nvmeCommandName(0xc1, "admin"), nvmeCommandName(0x7a, "admin")]).toEqual(["Vendor specific", "Unknown"]);
  });

  it("tell what our side ended from what a vendor's drive says", () => {
    expect(nvmeStatusName(2, 0x81, false)).toBe("Unrecovered Read Error");
    expect(nvmeStatusName(7, 0x80, true)).toBe("timed out at our side");
    expect(nvmeStatusName(7, 0x80, false)).toBe("Vendor specific");
  });
});
