/** What the host has in use: mounts, swap, md, btrfs, ZFS. */
import { join } from "node:path";
import type { HostUse } from "./drive-facts";
import { list, type Roots, text } from "./sys-files";

export function readHostUse(roots: Roots): HostUse {
  const btrfs = join(roots.sys, "fs/btrfs");
  return {
    mounts: parseMounts(text(join(roots.proc, "self/mountinfo")) ?? ""),
    swaps: parseSwaps(text(join(roots.proc, "swaps")) ?? ""),
    mdMembers: parseMdstat(text(join(roots.proc, "mdstat")) ?? ""),
    btrfsMembers: list(btrfs).flatMap((uuid) => list(join(btrfs, uuid, "devices"))),
    zfsLoaded: text(join(roots.sys, "module/zfs/version")) !== null || list(join(roots.proc, "spl")).length > 0,
  };
}

/** proc(5): `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw` */
export function parseMounts(mountinfo: string): HostUse["mounts"] {
  return lines(mountinfo).flatMap((line) => {
    const [left, right] = line.split(" - ");
    const fields = left?.split(" ") ?? [];
    const [fsType, source] = right?.split(" ") ?? [];
    const [majorMinor, mountPoint] = [fields[2], fields[4]];
    if (majorMinor === undefined || mountPoint === undefined || fsType === undefined || source === undefined) return [];
    return [{ majorMinor, source: plain(source), mountPoint: plain(mountPoint), fsType }];
  });
}

export function parseSwaps(swaps: string): string[] {
  return lines(swaps)
    .slice(1)
    .flatMap((line) => {
      const name = line.split(/\s+/)[0];
      return name === undefined ? [] : [plain(name)];
    });
}

/** `md0 : active raid1 sdb1[1] sda1[0](F)` */
export function parseMdstat(mdstat: string): HostUse["mdMembers"] {
  return lines(mdstat).flatMap((line) => {
    const array = /^(md\S*) : /.exec(line)?.[1];
    if (array === undefined) return [];
    return [...line.matchAll(/(\S+?)\[\d+\]/g)].flatMap((match) =>
      match[1] === undefined ? [] : [{ array, member: match[1] }],
    );
  });
}

function lines(content: string): string[] {
  return content.split("\n").filter((line) => line !== "");
}

/** The kernel writes blanks and backslashes as octal. */
function plain(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
