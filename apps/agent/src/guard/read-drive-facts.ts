/** Thin reader of the guard's facts: sysfs, procfs and udev's records. Opens no drive. Roots are parameters for tests. */
import { readFileSync, realpathSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { slotAddress } from "../inventory/host-file";
import type { SlotEntry } from "../inventory/host-schema";
import type { BlockFacts, DeviceFacts, DriveFacts, SiblingFacts } from "./drive-facts";
import { readHostUse } from "./read-host-use";
import { linkName, list, REAL_ROOTS, type Roots, text } from "./sys-files";

/** Deepest stack of block devices (partition, md, dm on dm ...) that is followed. */
const MAX_HOLDER_DEPTH = 16;

/** Facts for one slot of the host file at `hostFile`. What cannot be read counts as absent. */
export function readDriveFacts(slot: SlotEntry, hostFile: string, roots: Roots = REAL_ROOTS): DriveFacts {
  return { device: readDevice(slot, hostFile, roots), host: readHostUse(roots) };
}

function readDevice(slot: SlotEntry, hostFile: string, roots: Roots): DeviceFacts {
  const address = slotAddress(slot, hostFile);
  switch (slot.path.transport) {
    case "model":
      return readFile(address, roots);
    case "spdk-vfio-user":
      return { kind: "socket", path: address };
    case "spdk-tcp":
      return { kind: "fabric", nqn: slot.path.nqn, kernelControllers: connected(slot.path.nqn, roots) };
    case "spdk-pcie":
      return readPci(address, roots);
  }
}

function readFile(path: string, roots: Roots): DeviceFacts {
  let real = path;
  let type: "absent" | "regular" | "other" = "absent";
  try {
    real = realpathSync(path);
    type = statSync(real).isFile() ? "regular" : "other";
  } catch (error) {
    // Anything but "not there" means that we cannot see what it is: not a plain file then.
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") type = "other";
  }
  const loops = list(join(roots.sys, "block")).filter(
    (name) => text(join(roots.sys, "block", name, "loop/backing_file")) === real,
  );
  return { kind: "file", path: real, type, loops };
}

function connected(nqn: string | null, roots: Roots): string[] {
  if (nqn === null) return [];
  const root = join(roots.sys, "class/nvme");
  return list(root).filter((name) => text(join(root, name, "subsysnqn")) === nqn);
}

function readPci(address: string, roots: Roots): DeviceFacts {
  const root = join(roots.sys, "bus/pci/devices", address);
  const numa = Number(text(join(root, "numa_node")) ?? "-1");
  return {
    kind: "pci",
    address,
    present: text(join(root, "vendor")) !== null,
    driver: linkName(join(root, "driver")),
    iommuGroup: linkName(join(root, "iommu_group")),
    siblings: readSiblings(root, address, roots),
    numaNode: Number.isInteger(numa) && numa >= 0 ? numa : null,
    blocks: namespaceNames(root, roots).flatMap((name) => readBlocks(name, roots)),
  };
}

function readSiblings(root: string, address: string, roots: Roots): SiblingFacts[] {
  return list(join(root, "iommu_group/devices"))
    .filter((name) => name !== address)
    .map((name) => {
      const device = join(roots.sys, "bus/pci/devices", name);
      const classCode = (text(join(device, "class")) ?? "").replace(/^0x/, "");
      return { address: name, classCode, driver: linkName(join(device, "driver")) };
    });
}

/** Block devices of a controller: its own, and with multipath those of its subsystem. */
function namespaceNames(root: string, roots: Roots): string[] {
  const names = new Set<string>();
  const add = (found: string[]) => {
    for (const name of found) if (/^nvme\d+n\d+$/.test(name)) names.add(name);
  };
  for (const controller of list(join(root, "nvme"))) {
    add(list(join(root, "nvme", controller)));
    const subsystems = join(roots.sys, "class/nvme-subsystem");
    for (const subsystem of list(subsystems)) {
      const members = list(join(subsystems, subsystem));
      if (members.includes(controller)) add(members);
    }
  }
  return [...names];
}

/** A block device and its partitions. */
function readBlocks(name: string, roots: Roots): BlockFacts[] {
  const root = join(roots.sys, "class/block", name);
  const partitions = list(root).filter((entry) => text(join(root, entry, "partition")) !== null);
  return [name, ...partitions].map((block) => readBlock(block, roots));
}

function readBlock(name: string, roots: Roots): BlockFacts {
  const root = join(roots.sys, "class/block", name);
  const majorMinor = text(join(root, "dev")) ?? "";
  return {
    name,
    majorMinor,
    holders: readHolders(name, roots, MAX_HOLDER_DEPTH),
    content: readContent(majorMinor, roots),
  };
}

function readHolders(name: string, roots: Roots, depth: number): BlockFacts["holders"] {
  if (depth === 0) return [];
  const root = join(roots.sys, "class/block", name);
  return list(join(root, "holders")).flatMap((holder) => {
    const held = join(roots.sys, "class/block", holder);
    const parts = list(held).filter((entry) => text(join(held, entry, "partition")) !== null);
    const own = [holder, ...parts].map((stacked) => ({
      name: basename(stacked),
      majorMinor: text(join(roots.sys, "class/block", stacked, "dev")) ?? "",
      dmUuid: text(join(held, "dm/uuid")),
    }));
    return [...own, ...[holder, ...parts].flatMap((stacked) => readHolders(stacked, roots, depth - 1))];
  });
}

/** What udev found on the device when it appeared; reading it touches no drive. */
function readContent(majorMinor: string, roots: Roots): string | null {
  try {
    const record = readFileSync(join(roots.run, "udev/data", `b${majorMinor}`), "utf8");
    return /^E:ID_FS_TYPE=(.+)$/m.exec(record)?.[1] ?? null;
  } catch {
    return null;
  }
}
