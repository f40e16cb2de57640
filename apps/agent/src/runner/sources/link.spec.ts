import { linkFields } from "./link";

describe("the link of a drive", () => {
  const files: Record<string, string> = {
    current_link_speed: "8.0 GT/s PCIe\n",
    max_link_speed: "16.0 GT/s PCIe\n",
    current_link_width: "4\n",
    max_link_width: "4\n",
  };
  const read = (file: string) => files[file.split("/").pop()!] ?? null;

  it("shows a PCIe link that trained below its maximum", () => {
    expect(linkFields({ transport: "spdk-pcie", address: "0000:01:00.0", nqn: null }, read)).toEqual({
      transport: "spdk-pcie",
      speed: "8.0 GT/s",
      width: 4,
      maxSpeed: "16.0 GT/s",
      maxWidth: 4,
      atMax: false,
    });
  });
  it("claims no speed where nobody can say one", () => {
    expect(linkFields({ transport: "model", address: "a.drive", nqn: null }, read)).toEqual({ transport: "model" });
    expect(linkFields({ transport: "spdk-pcie", address: "0000:01:00.0", nqn: null }, () => null)).toEqual({
      transport: "spdk-pcie",
    });
  });
});
