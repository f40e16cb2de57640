/** The readers, over small trees that look like /sys, /proc and /run. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseHostFile } from "../inventory/host-file";
import { askGuard } from "./guard";
import { readDriveFacts } from "./read-drive-facts";
import { parseMdstat, parseMounts, parseSwaps } from "./read-host-use";
import type { Roots } from "./sys-files";

let root: string;
let roots: Roots;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "assay-facts-"));
  roots = { sys: join(root, "sys"), proc: join(root, "proc"), run: join(root, "run") };
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(path: string, content: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}
function link(path: string, target: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  mkdirSync(join(root, target), { recursive: true });
  symlinkSync(join(root, target), join(root, path));
}
function slotOf(path: string) {
  const source = `apiVersion: assay/v1\nkind: Host\nname: h\nslots:\n  - {name: s, path: ${path}, identity: {model: M, serial: S}}\n`;
  const slot = parseHostFile(source, "host.yaml").slots[0];
  if (slot === undefined) throw new Error("no slot");
  return slot;
}

const PCI = "sys/bus/pci/devices/0000:01:00.0";
const pcie = () => slotOf("{transport: spdk-pcie, address: '0000:01:00.0'}");

function drivenByKernel(): void {
  put(`${PCI}/vendor`, "0x8086\n");
  put(`${PCI}/numa_node`, "1\n");
  link(`${PCI}/driver`, "sys/bus/pci/drivers/nvme");
  link(`${PCI}/iommu_group`, "sys/kernel/iommu_groups/7");
  put("sys/kernel/iommu_groups/7/devices/0000:01:00.0/x", "");
  put("sys/kernel/iommu_groups/7/devices/0000:01:00.1/x", "");
  put("sys/bus/pci/devices/0000:01:00.1/class", "0x020000\n");
  link("sys/bus/pci/devices/0000:01:00.1/driver", "sys/bus/pci/drivers/ixgbe");
  put(`${PCI}/nvme/nvme0/nvme0n1/size`, "1");
  put("sys/class/block/nvme0n1/dev", "259:0\n");
  put("sys/class/block/nvme0n1/nvme0n1p1/partition", "1\n");
  put("sys/class/block/nvme0n1p1/dev", "259:1\n");
}

test("a drive of the kernel shows its driver, partitions, stack, content and siblings", () => {
  drivenByKernel();
  put("sys/class/block/nvme0n1p1/holders/md0/x", "");
  put("sys/class/block/md0/dev", "9:0\n");
  put("sys/class/block/md0/holders/dm-2/x", "");
  put("sys/class/block/dm-2/dev", "253:2\n");
  put("sys/class/block/dm-2/dm/uuid", "LVM-xyz\n");
  put("run/udev/data/b259:1", "E:ID_FS_TYPE=linux_raid_member\n");
  const { device } = readDriveFacts(pcie(), "/etc/host.yaml", roots);
  expect(device).toMatchObject({
    present: true,
    driver: "nvme",
    iommuGroup: "7",
    numaNode: 1,
    siblings: [{ address: "0000:01:00.1", classCode: "020000", driver: "ixgbe" }],
  });
  expect(device.kind === "pci" && device.blocks).toEqual([
    { name: "nvme0n1", majorMinor: "259:0", holders: [], content: null },
    {
      name: "nvme0n1p1",
      majorMinor: "259:1",
      holders: [
        { name: "md0", majorMinor: "9:0", dmUuid: null },
        { name: "dm-2", majorMinor: "253:2", dmUuid: "LVM-xyz" },
      ],
      content: "linux_raid_member",
    },
  ]);
});

test("with native multipath the namespaces stand below the subsystem", () => {
  put(`${PCI}/vendor`, "0x8086\n");
  put(`${PCI}/nvme/nvme4/nvme4c4n1/size`, "1");
  put("sys/class/nvme-subsystem/nvme-subsys4/nvme4/x", "");
  put("sys/class/nvme-subsystem/nvme-subsys4/nvme4n1/x", "");
  put("sys/class/block/nvme4n1/dev", "259:9\n");
  const { device } = readDriveFacts(pcie(), "/etc/host.yaml", roots);
  expect(device.kind === "pci" && device.blocks.map((block) => block.name)).toEqual(["nvme4n1"]);
});

test("a mounted partition is refused from what the files say", () => {
  drivenByKernel();
  put("proc/self/mountinfo", "36 35 259:1 / /mnt/my\\040data rw - ext4 /dev/nvme0n1p1 rw\n");
  const slot = pcie();
  const facts = readDriveFacts(slot, "/etc/host.yaml", roots);
  const answer = askGuard({ slotName: "s", slot, ordered: null, effects: [], observed: null, facts });
  expect(answer).toMatchObject({ allowed: false, rule: "mounted", reason: expect.stringContaining("/mnt/my data") });
});

test("a simulated drive is a file beside the host file; what it really is decides", () => {
  const slot = slotOf("{transport: model, address: drives/a.drive}");
  const hostFile = join(root, "host.yaml");
  expect(readDriveFacts(slot, hostFile, roots).device).toMatchObject({ kind: "file", type: "absent" });
  put("drives/a.drive", "");
  put("sys/block/loop3/loop/backing_file", `${join(root, "drives/a.drive")}\n`);
  expect(readDriveFacts(slot, hostFile, roots).device).toMatchObject({ type: "regular", loops: ["loop3"] });
  rmSync(join(root, "drives/a.drive"));
  symlinkSync("/dev/null", join(root, "drives/a.drive"));
  expect(readDriveFacts(slot, hostFile, roots).device).toMatchObject({ type: "other", path: "/dev/null" });
});

test("a kernel connection to the same subsystem is seen", () => {
  put("sys/class/nvme/nvme2/subsysnqn", "nqn.2016-06.io.spdk:one\n");
  put("sys/class/nvme/nvme3/subsysnqn", "nqn.2016-06.io.spdk:two\n");
  const slot = slotOf("{transport: spdk-tcp, address: '127.0.0.1:4420', nqn: 'nqn.2016-06.io.spdk:two'}");
  expect(readDriveFacts(slot, "/etc/host.yaml", roots).device).toMatchObject({ kernelControllers: ["nvme3"] });
});

test("the host's tables are read as the kernel writes them", () => {
  expect(parseMounts("36 35 98:0 /a /b\\040c rw,noatime master:1 shared:2 - ext3 /dev/root rw\nnonsense\n")).toEqual([
    { majorMinor: "98:0", source: "/dev/root", mountPoint: "/b c", fsType: "ext3" },
  ]);
  expect(parseSwaps("Filename\tType\tSize\n/dev/sda2 partition 1 0 -2\n/swap\\040file file 1 0 -3\n")).toEqual([
    "/dev/sda2",
    "/swap file",
  ]);
  expect(parseMdstat("Personalities : [raid1]\nmd0 : active raid1 sdb1[1] nvme0n1p2[0](F)\n      1 blocks\n")).toEqual([
    { array: "md0", member: "sdb1" },
    { array: "md0", member: "nvme0n1p2" },
  ]);
});
