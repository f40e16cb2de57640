import type { DriveFacts } from "../../src/guard/drive-facts";
import { parseHostFile } from "../../src/inventory/host-file";
import { probeSlot } from "../../src/runner/probe";
import { HOST_YAML } from "./bench";
import { NullDriver, nvmeError } from "./null-driver";

const slot = parseHostFile(HOST_YAML, "host.yaml").slots[0]!;
const HOST = { mounts: [], swaps: [], mdMembers: [], btrfsMembers: [], zfsLoaded: false };
const free: DriveFacts = { device: { kind: "file", path: "/x", type: "regular", loops: [] }, host: HOST };
const used: DriveFacts = { device: { kind: "file", path: "/x", type: "regular", loops: ["loop0"] }, host: HOST };

describe("a probe", () => {
  it("opens, reads who is there and closes, nothing more", async () => {
    const driver = new NullDriver({ nguid: "00112233445566778899AABBCCDDEEFF" });
    const line = await probeSlot(slot, "/lab/host.yaml", driver, () => free);
    expect(driver.calls).toEqual(["open", "close"]);
    expect(line.observed).toEqual({
      identity: {
        model: "ASSAY SIM A",
        serial: "SIM0001",
        firmware: "1.0",
        nguid: "00112233445566778899aabbccddeeff",
        eui64: null,
      },
      capacityBytes: "67108864",
      lbaBytes: 512,
      metadataBytes: 0,
      lbaFormatsBytes: [512, 4096],
    });
  });
  it("tells a drive by its namespaces of blocks, whatever others it has", async () => {
    const line = await probeSlot(slot, "/lab/host.yaml", new NullDriver({ keyValueNsids: [2, 3] }), () => free);
    expect(line).toMatchObject({ observed: { capacityBytes: "67108864", lbaBytes: 512 }, error: null });
  });
  it("reports a drive that the host's file does not expect as it is: the inventory decides", async () => {
    const line = await probeSlot(slot, "/lab/host.yaml", new NullDriver({ serial: "OTHER" }), () => free);
    expect(line.observed!.identity.serial).toBe("OTHER");
  });
  it("does not open what the host has in use, and says why", async () => {
    const driver = new NullDriver();
    const line = await probeSlot(slot, "/lab/host.yaml", driver, () => used);
    expect(driver.calls).toEqual([]);
    expect(line).toMatchObject({ observed: null, error: "/x backs loop0" });
  });
  it("says why a drive could not be opened", async () => {
    const before = () => {
      throw nvmeError("ERR_LOCKED", "another process has the drive");
    };
    const line = await probeSlot(slot, "/lab/host.yaml", new NullDriver({ before }), () => free);
    expect(line).toMatchObject({ observed: null, error: "another process has the drive" });
  });
});
