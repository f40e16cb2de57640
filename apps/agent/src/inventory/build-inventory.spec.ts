import { inventorySchema } from "@assay/protocol";
import type { DriveFacts } from "../guard/drive-facts";
import { buildInventory } from "./build-inventory";
import { parseHostFile } from "./host-file";

const host = parseHostFile(
  `apiVersion: assay/v1
kind: Host
name: h
slots:
  - {name: a, path: {transport: spdk-pcie, address: "0000:01:00.0"}, identity: {model: M, serial: S}, effects: [writes], labels: {row: 1}}
  - {name: b, path: {transport: model, address: b.drive}, identity: {model: M, serial: T}, power: {driver: simulated}, powerDomain: rack}
`,
  "host.yaml",
);
const unused = { mounts: [], swaps: [], mdMembers: [], btrfsMembers: [], zfsLoaded: false };
const pci = (driver: string): DriveFacts => ({
  device: {
    kind: "pci",
    address: "0000:01:00.0",
    present: true,
    driver,
    iommuGroup: "1",
    siblings: [],
    numaNode: 1,
    blocks: [],
  },
  host: unused,
});
const file: DriveFacts = { device: { kind: "file", path: "/x", type: "regular", loops: [] }, host: unused };
const seen = (serial: string) => ({
  observed: {
    identity: { model: "M", serial, nguid: null, eui64: null, firmware: "1" },
    capacityBytes: "1",
    lbaBytes: 512,
    metadataBytes: 0,
    lbaFormatsBytes: [512],
  },
  error: null,
});
const build = (driver: string, sights: [string, ReturnType<typeof seen>][]) =>
  buildInventory({
    host,
    hostFile: "/etc/host.yaml",
    agentVersion: "1",
    driverVersion: "1",
    spdkVersion: null,
    kernel: "6",
    bootId: "b",
    sights: new Map(sights),
    factsOf: (slot) => (slot.name === "a" ? pci(driver) : file),
    addressOf: (slot) => slot.path.address,
  });

test("the message carries the host's word, what was seen and the NUMA node, and satisfies the schema", () => {
  const inventory = build("vfio-pci", [["a", seen("S")]]);
  expect(inventorySchema.parse(inventory)).toEqual(inventory);
  expect(inventory.slots).toMatchObject([
    {
      name: "a",
      numaNode: 1,
      effects: ["writes"],
      labels: { row: "1" },
      power: null,
      blocked: null,
      observed: { identity: { serial: "S" } },
    },
    { name: "b", numaNode: null, effects: [], power: "simulated", powerDomain: "rack", observed: null },
  ]);
});

test("a slot that the guard would refuse says why", () => {
  expect(build("nvme", []).slots[0]?.blocked).toMatch(/^kernel-driver: /);
  expect(build("vfio-pci", [["a", seen("OTHER")]]).slots[0]?.blocked).toMatch(/^identity-observed: /);
});
