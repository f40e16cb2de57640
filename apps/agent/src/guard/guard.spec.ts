/** One case for every rule of the guard: a question to which only that rule objects. */
import type { SlotEntry } from "../inventory/host-schema";
import type { BlockFacts, DeviceFacts, HostUse } from "./drive-facts";
import { askGuard, type GuardQuestion, type GuardRule } from "./guard";
import { GUARD_RULES } from "./guard-rules";

const identity = { model: "M1", serial: "S1", nguid: "a".repeat(32), eui64: null };
const slot: SlotEntry = {
  name: "bay-1",
  path: { transport: "spdk-pcie", address: "0000:01:00.0", nqn: null },
  identity,
  effects: ["writes"],
  power: null,
  powerDomain: null,
  labels: {},
  simulated: null,
};
type Pci = Extract<DeviceFacts, { kind: "pci" }>;
const idle: Pci = {
  kind: "pci",
  address: "0000:01:00.0",
  present: true,
  driver: "vfio-pci",
  iommuGroup: "7",
  siblings: [{ address: "0000:00:1c.0", classCode: "060400", driver: "pcieport" }],
  numaNode: 0,
  blocks: [],
};
const unused: HostUse = { mounts: [], swaps: [], mdMembers: [], btrfsMembers: [], zfsLoaded: false };
const block: BlockFacts = { name: "nvme0n1p1", majorMinor: "259:1", holders: [], content: null };

function question(over: {
  q?: Partial<GuardQuestion>;
  device?: Partial<Pci> | DeviceFacts;
  host?: Partial<HostUse>;
}): GuardQuestion {
  const device = { ...idle, ...over.device } as DeviceFacts;
  const observed = { ...identity, firmware: "1.0" };
  const facts = { device, host: { ...unused, ...over.host } };
  return { slotName: "bay-1", slot, ordered: identity, effects: ["writes"], observed, facts, ...over.q };
}

const holder = (name: string, dmUuid: string | null = null) => [{ name, majorMinor: "253:0", dmUuid }];
const mount = (mountPoint: string, source = "/dev/x", majorMinor = "259:1") => [
  { majorMinor, source, mountPoint, fsType: "ext4" },
];
const file = (over: object): DeviceFacts => ({ kind: "file", path: "/drives/a", type: "regular", loops: [], ...over });

const cases: [GuardRule, string, GuardQuestion, RegExp][] = [
  ["slot-listed", "a slot that the file does not list", question({ q: { slot: null } }), /no slot "bay-1"/],
  [
    "identity-listed",
    "an order for another drive",
    question({ q: { ordered: { ...identity, serial: "S2" }, observed: null } }),
    /serial is "S2" and not "S1"/,
  ],
  [
    "effects-allowed",
    "an effect that is not listed",
    question({ q: { effects: ["writes", "power-cycles"] } }),
    /does not allow power-cycles/,
  ],
  ["device-present", "no device at the address", question({ device: { present: false } }), /no PCI device/],
  ["plain-file", "a device node as simulated drive", question({ device: file({ type: "other" }) }), /no plain file/],
  ["plain-file", "a drive file behind a loop device", question({ device: file({ loops: ["loop0"] }) }), /loop0/],
  [
    "running-system",
    "the root file system",
    question({ device: { blocks: [block] }, host: { mounts: mount("/") } }),
    /running system/,
  ],
  [
    "mounted",
    "a mounted partition",
    question({ device: { blocks: [block] }, host: { mounts: mount("/data") } }),
    /carries \/data/,
  ],
  [
    "mounted",
    "a mount known by its source only",
    question({ device: { blocks: [block] }, host: { mounts: mount("/data", "/dev/nvme0n1p1", "0:40") } }),
    /carries \/data/,
  ],
  [
    "mounted",
    "a mount on what is stacked upon the partition",
    question({
      device: { blocks: [{ ...block, holders: holder("dm-0") }] },
      host: { mounts: mount("/data", "/dev/mapper/x", "253:0") },
    }),
    /carries \/data/,
  ],
  [
    "mounted",
    "a member of a mounted btrfs",
    question({ device: { blocks: [block] }, host: { btrfsMembers: ["nvme0n1p1"] } }),
    /btrfs/,
  ],
  [
    "swap",
    "a swap partition",
    question({ device: { blocks: [block] }, host: { swaps: ["/dev/nvme0n1p1"] } }),
    /is swap/,
  ],
  ["swap", "a swap file as simulated drive", question({ device: file({}), host: { swaps: ["/drives/a"] } }), /is swap/],
  [
    "md",
    "a member of /proc/mdstat",
    question({ device: { blocks: [block] }, host: { mdMembers: [{ array: "md0", member: "nvme0n1p1" }] } }),
    /md0/,
  ],
  [
    "md",
    "an md array above the partition",
    question({ device: { blocks: [{ ...block, holders: holder("md127") }] } }),
    /md127/,
  ],
  [
    "lvm",
    "a physical volume without an active volume",
    question({ device: { blocks: [{ ...block, content: "LVM2_member" }] } }),
    /physical volume/,
  ],
  [
    "lvm",
    "an active volume",
    question({ device: { blocks: [{ ...block, holders: holder("dm-0", "LVM-abc") }] } }),
    /LVM volume dm-0/,
  ],
  [
    "zfs",
    "a pool member while ZFS is loaded",
    question({ device: { blocks: [{ ...block, content: "zfs_member" }] }, host: { zfsLoaded: true } }),
    /ZFS/,
  ],
  [
    "device-mapper",
    "a crypt device",
    question({ device: { blocks: [{ ...block, holders: holder("dm-3", "CRYPT-LUKS2") }] } }),
    /dm-3/,
  ],
  ["held", "any other holder", question({ device: { blocks: [{ ...block, holders: holder("bcache0") }] } }), /bcache0/],
  ["kernel-driver", "a drive that the kernel drives", question({ device: { driver: "nvme" } }), /bind it to vfio-pci/],
  [
    "kernel-connection",
    "a subsystem to which the kernel is connected",
    question({ device: { kind: "fabric", nqn: "nqn.x", kernelControllers: ["nvme3"] } }),
    /nvme3/,
  ],
  [
    "iommu-sibling",
    "a network card in the same group",
    question({ device: { siblings: [{ address: "0000:01:00.1", classCode: "020000", driver: "ixgbe" }] } }),
    /shares IOMMU group 7/,
  ],
  [
    "identity-observed",
    "another drive in the slot",
    question({ q: { observed: { ...identity, serial: "S9", firmware: "1" } } }),
    /not the listed one/,
  ],
  [
    "identity-observed",
    "a witness that changed",
    question({ q: { observed: { ...identity, nguid: "b".repeat(32), firmware: "1" } } }),
    /nguid is b+ and not a+/,
  ],
  [
    "identity-observed",
    "a witness that is gone",
    question({ q: { observed: { ...identity, nguid: null, firmware: "1" } } }),
    /nguid is missing/,
  ],
  [
    "identity-observed",
    "a witness that only the order knows",
    question({ q: { ordered: { ...identity, eui64: "c".repeat(16) } } }),
    /not the ordered one/,
  ],
];

test.each(cases)("%s objects to %s", (rule, _, asked, sentence) => {
  expect(askGuard(asked)).toEqual({ allowed: false, rule, reason: expect.stringMatching(sentence) });
});

test("every rule of the table has a case", () => {
  const proved = new Set(cases.map(([rule]) => rule));
  expect(GUARD_RULES.map(([rule]) => rule).filter((rule) => !proved.has(rule))).toEqual([]);
});

test("an idle, listed drive with allowed effects is let through", () => {
  expect(askGuard(question({}))).toEqual({ allowed: true });
});

test("what other drives carry does not matter", () => {
  const host = {
    mounts: mount("/", "/dev/sda1", "8:1"),
    swaps: ["/dev/sda2"],
    mdMembers: [{ array: "md0", member: "sdb1" }],
  };
  expect(askGuard(question({ device: { blocks: [block] }, host }))).toEqual({ allowed: true });
});

test("a witness that the file does not know is no objection", () => {
  const listed = { ...slot, identity: { ...identity, nguid: null } };
  expect(askGuard(question({ q: { slot: listed } }))).toEqual({ allowed: true });
});

test("trailing blanks of Identify strings are no other identity", () => {
  expect(askGuard(question({ q: { observed: { ...identity, model: "M1   ", firmware: "1" } } }))).toEqual({
    allowed: true,
  });
});
