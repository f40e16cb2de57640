import type { DutPath } from "@assay/protocol";
import type { Fields } from "./fields";

/** Where the kernel shows PCI devices. */
export const SYSFS_PCI = "/sys/bus/pci/devices";

/**
 * The link between host and drive. PCIe: speed and width, now and at most, from sysfs; other transports have none to
 * show. `read` gives a file's text or null.
 */
export function linkFields(path: DutPath, read: (file: string) => string | null): Fields {
  const fields: Fields = { transport: path.transport };
  if (path.transport !== "spdk-pcie") return fields;
  const folder = `${SYSFS_PCI}/${path.address}`;
  const speed = (file: string) => /[\d.]+ GT\/s/.exec(read(`${folder}/${file}`) ?? "")?.[0];
  const width = (file: string) => Number.parseInt(read(`${folder}/${file}`) ?? "", 10);
  const seen = {
    speed: speed("current_link_speed"),
    width: width("current_link_width"),
    maxSpeed: speed("max_link_speed"),
    maxWidth: width("max_link_width"),
  };
  for (const [name, value] of Object.entries(seen)) {
    if (value !== undefined && !Number.isNaN(value)) fields[name] = value;
  }
  if (Object.keys(fields).length === 5) fields.atMax = seen.speed === seen.maxSpeed && seen.width === seen.maxWidth;
  return fields;
}
