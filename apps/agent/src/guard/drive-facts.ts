/** What this host knows about the device behind a slot, as plain data. Gathered by `read-drive-facts.ts`. */

/** One block device or partition that the kernel shows for the drive, with everything stacked upon it. */
export interface BlockFacts {
  /** Kernel name, for example `nvme0n1p2`. */
  name: string;
  majorMinor: string;
  /** Kernel names of the devices stacked on it, transitively (`dm-3`, `md0`, `bcache0`). */
  holders: { name: string; majorMinor: string; dmUuid: string | null }[];
  /** Content type that udev found (`LVM2_member`, `zfs_member`, `linux_raid_member`), or null. */
  content: string | null;
}

export interface SiblingFacts {
  address: string;
  /** PCI class, six hex digits, for example `060400`. */
  classCode: string;
  driver: string | null;
}

/** The device itself, by kind of path. */
export type DeviceFacts =
  | {
      kind: "pci";
      address: string;
      present: boolean;
      driver: string | null;
      iommuGroup: string | null;
      siblings: SiblingFacts[];
      numaNode: number | null;
      blocks: BlockFacts[];
    }
  | {
      kind: "file";
      /** Absolute, links resolved. */
      path: string;
      type: "absent" | "regular" | "other";
      /** Loop devices that are backed by it. */
      loops: string[];
    }
  | {
      kind: "fabric";
      nqn: string | null;
      /** Kernel controllers that are connected to the same subsystem. */
      kernelControllers: string[];
    }
  | { kind: "socket"; path: string };

/** What the whole host has in use. */
export interface HostUse {
  mounts: { majorMinor: string; source: string; mountPoint: string; fsType: string }[];
  /** Devices and files of /proc/swaps. */
  swaps: string[];
  /** Members of running md arrays, kernel names. */
  mdMembers: { array: string; member: string }[];
  /** Members of mounted btrfs file systems, kernel names. */
  btrfsMembers: string[];
  /** The ZFS module is loaded, so a `zfs_member` may be in use. */
  zfsLoaded: boolean;
}

export interface DriveFacts {
  device: DeviceFacts;
  host: HostUse;
}
