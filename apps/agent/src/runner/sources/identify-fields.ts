import type { ControllerIdentity, NamespaceIdentity } from "@assay/nvme-native";
import { countField, type Fields } from "./fields";

/** What of Identify Controller and Namespace becomes fields of a snapshot; the pages themselves travel as raw bytes. Pure. */
export function identifyFields(controller: ControllerIdentity, namespaces: NamespaceIdentity[]): Fields {
  const fields: Fields = {
    model: controller.model,
    serial: controller.serial,
    firmware: controller.firmware,
    vid: controller.vid,
    nqn: controller.nqn,
    version: `${controller.version >>> 16}.${(controller.version >>> 8) & 0xff}.${controller.version & 0xff}`,
    mdts: controller.mdtsBytes,
    oacs: controller.oacs,
    oncs: controller.oncs,
    volatileCache: controller.vwc,
    namespaces: namespaces.length,
  };
  for (const ns of namespaces) {
    // The registry names the first namespace without a prefix.
    const prefix = ns.nsid === 1 ? "" : `ns${ns.nsid}.`;
    fields[`${prefix}capacity`] = countField(ns.capacityBytes);
    fields[`${prefix}lbaSize`] = ns.lbaBytes;
    fields[`${prefix}metadataSize`] = ns.metadataBytes;
    fields[`${prefix}lbaCount`] = countField(ns.lbaCount);
    if (ns.nguid !== null) fields[`${prefix}nguid`] = ns.nguid;
    if (ns.eui64 !== null) fields[`${prefix}eui64`] = ns.eui64;
  }
  return fields;
}
