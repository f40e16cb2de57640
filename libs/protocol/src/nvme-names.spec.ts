import { nvmeCommandName, nvmeStatusName } from "./nvme-names";

describe("names of NVMe", () => {
  it("tell the same opcode apart on the admin and on the I/O queues", () => {
    expect([nvmeCommandName(2, "admin"), nvmeCommandName(2, "io")]).toEqual(["Get Log Page", "Read"]);
    expect([nvmeCommandName(0xc1, "admin"), nvmeCommandName(0x7a, "admin")]).toEqual(["Vendor specific", "Unknown"]);
  });

  it("tell the same opcode apart by the command set of the namespace", () => {
    expect([1, 2, 6, 16, 20].map((opcode) => nvmeCommandName(opcode, "key-value"))).toEqual([
      "Store",
      "Retrieve",
      "List",
      "Delete",
      "Exist",
    ]);
    expect([nvmeCommandName(9, "key-value"), nvmeCommandName(0x80, "key-value")]).toEqual([
      "Unknown",
      "Vendor specific",
    ]);
    expect(nvmeStatusName(0, 0x87, false)).toBe("KV Key Does Not Exist");
  });

  it("tell what our side ended from what a vendor's drive says", () => {
    expect(nvmeStatusName(2, 0x81, false)).toBe("Unrecovered Read Error");
    expect(nvmeStatusName(7, 0x80, true)).toBe("timed out at our side");
    expect(nvmeStatusName(7, 0x80, false)).toBe("Vendor specific");
  });
});
