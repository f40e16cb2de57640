/** The table of the guard's rules, in the order in which they are asked. Each gives a sentence, or null for no objection. */
import type { BlockFacts, DeviceFacts } from "./drive-facts";
import { identityContradiction, identityMismatch } from "./identity";
import type { GuardQuestion } from "./question";

export type GuardRule =
  | "slot-listed"
  | "identity-listed"
  | "effects-allowed"
  | "device-present"
  | "plain-file"
  | "running-system"
  | "mounted"
  | "swap"
  | "md"
  | "lvm"
  | "zfs"
  | "device-mapper"
  | "held"
  | "kernel-driver"
  | "kernel-connection"
  | "iommu-sibling"
  | "identity-observed";

type Objection = (question: GuardQuestion) => string | null;

/** Mount points without which the host does not run. */
const SYSTEM_MOUNTS = ["/", "/boot", "/boot/efi", "/usr", "/var", "/home", "/etc"];
/** Drivers under which a device is nobody's: the host does not use it. */
const IDLE_DRIVERS = ["vfio-pci", "uio_pci_generic", "igb_uio", "pci-stub"];
/** Bridges belong to the group without being a user of it. */
const BRIDGE_CLASS = /^06/;

export const GUARD_RULES: readonly (readonly [GuardRule, Objection])[] = [
  ["slot-listed", (q) => (q.slot === null ? `the host's file lists no slot "${q.slotName}"` : null)],
  ["identity-listed", identityListed],
  ["effects-allowed", effectsAllowed],
  ["device-present", devicePresent],
  ["plain-file", plainFile],
  ["running-system", (q) => mounted(q, (point) => SYSTEM_MOUNTS.includes(point), "the running system lives on it")],
  ["mounted", (q) => mounted(q, () => true, "it is mounted")],
  ["swap", swapped],
  ["md", inMd],
  ["lvm", inLvm],
  ["zfs", inZfs],
  ["device-mapper", (q) => heldBy(q, (name) => name.startsWith("dm-"), "device mapper")],
  ["held", (q) => heldBy(q, () => true, "another device")],
  ["kernel-driver", kernelDriver],
  ["kernel-connection", kernelConnection],
  ["iommu-sibling", iommuSibling],
  ["identity-observed", identityObserved],
];

function identityListed(q: GuardQuestion): string | null {
  if (q.slot === null || q.ordered === null) return null;
  const differs = identityContradiction(q.slot.identity, q.ordered);
  return differs === null
    ? null
    : `the host's file lists another drive for slot "${q.slotName}": the ordered ${differs}`;
}

function effectsAllowed(q: GuardQuestion): string | null {
  const allowed = q.slot?.effects ?? [];
  const missing = q.effects.filter((effect) => !allowed.includes(effect));
  if (missing.length === 0) return null;
  const has = allowed.length === 0 ? "no effects" : allowed.join(", ");
  return `slot "${q.slotName}" does not allow ${missing.join(", ")}; the host's file allows ${has}`;
}

function devicePresent(q: GuardQuestion): string | null {
  const { device } = q.facts;
  return device.kind === "pci" && !device.present ? `no PCI device answers at ${device.address}` : null;
}

function plainFile(q: GuardQuestion): string | null {
  const { device } = q.facts;
  if (device.kind !== "file") return null;
  if (device.type === "other") return `${device.path} is no plain file: a simulated drive must be one`;
  if (device.loops.length > 0) return `${device.path} backs ${device.loops.join(", ")}`;
  return null;
}

function mounted(q: GuardQuestion, wanted: (mountPoint: string) => boolean, because: string): string | null {
  for (const block of blocksOf(q.facts.device)) {
    const names = stackOf(block);
    const numbers = [block.majorMinor, ...block.holders.map((holder) => holder.majorMinor)];
    const hit = q.facts.host.mounts.find((mount) => {
      const isIt = numbers.includes(mount.majorMinor) || names.some((name) => mount.source === `/dev/${name}`);
      return isIt && wanted(mount.mountPoint);
    });
    if (hit !== undefined) return `${because}: ${block.name} carries ${hit.mountPoint} (${hit.fsType})`;
    if (q.facts.host.btrfsMembers.some((member) => names.includes(member)) && wanted("btrfs"))
      return `${because}: ${block.name} is a member of a mounted btrfs`;
  }
  return null;
}

function swapped(q: GuardQuestion): string | null {
  const { device, host } = q.facts;
  if (device.kind === "file" && host.swaps.includes(device.path)) return `${device.path} is swap of this host`;
  const block = blocksOf(device).find((b) => stackOf(b).some((name) => host.swaps.includes(`/dev/${name}`)));
  return block === undefined ? null : `${block.name} is swap of this host`;
}

function inMd(q: GuardQuestion): string | null {
  for (const block of blocksOf(q.facts.device)) {
    const array =
      q.facts.host.mdMembers.find((md) => md.member === block.name)?.array ??
      block.holders.find((holder) => /^md/.test(holder.name))?.name;
    if (array !== undefined) return `${block.name} is a member of the md array ${array}`;
  }
  return null;
}

function inLvm(q: GuardQuestion): string | null {
  for (const block of blocksOf(q.facts.device)) {
    if (block.content === "LVM2_member") return `${block.name} is a physical volume of LVM`;
    const volume = block.holders.find((holder) => holder.dmUuid?.startsWith("LVM-"));
    if (volume !== undefined) return `${block.name} carries the LVM volume ${volume.name}`;
  }
  return null;
}

function inZfs(q: GuardQuestion): string | null {
  if (!q.facts.host.zfsLoaded) return null;
  const block = blocksOf(q.facts.device).find((b) => b.content === "zfs_member");
  return block === undefined ? null : `${block.name} is a member of a ZFS pool and ZFS is loaded`;
}

function heldBy(q: GuardQuestion, wanted: (name: string) => boolean, what: string): string | null {
  for (const block of blocksOf(q.facts.device)) {
    const holder = block.holders.find((h) => wanted(h.name));
    if (holder !== undefined) return `${block.name} is held by ${what}: ${holder.name}`;
  }
  return null;
}

function kernelDriver(q: GuardQuestion): string | null {
  const { device } = q.facts;
  if (device.kind !== "pci" || device.driver === null || IDLE_DRIVERS.includes(device.driver)) return null;
  return `${device.address} is bound to the driver ${device.driver}; bind it to vfio-pci first`;
}

function kernelConnection(q: GuardQuestion): string | null {
  const { device } = q.facts;
  if (device.kind !== "fabric" || device.kernelControllers.length === 0) return null;
  return `this host's kernel is connected to ${device.nqn ?? "the subsystem"} as ${device.kernelControllers.join(", ")}`;
}

function iommuSibling(q: GuardQuestion): string | null {
  const { device } = q.facts;
  if (device.kind !== "pci") return null;
  const used = device.siblings.find(
    (s) => !BRIDGE_CLASS.test(s.classCode) && s.driver !== null && !IDLE_DRIVERS.includes(s.driver),
  );
  if (used === undefined) return null;
  return `${used.address} shares IOMMU group ${device.iommuGroup} and is in use by the driver ${used.driver}`;
}

function identityObserved(q: GuardQuestion): string | null {
  if (q.observed === null || q.slot === null) return null;
  const unlisted = identityMismatch(q.slot.identity, q.observed);
  if (unlisted !== null) return `the drive in slot "${q.slotName}" is not the listed one: ${unlisted}`;
  const changed = q.ordered === null ? null : identityMismatch(q.ordered, q.observed);
  return changed === null ? null : `the drive in slot "${q.slotName}" is not the ordered one: ${changed}`;
}

function blocksOf(device: DeviceFacts): BlockFacts[] {
  return device.kind === "pci" ? device.blocks : [];
}

function stackOf(block: BlockFacts): string[] {
  return [block.name, ...block.holders.map((holder) => holder.name)];
}
