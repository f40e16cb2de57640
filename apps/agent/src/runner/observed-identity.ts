import type { Controller, ControllerIdentity, NamespaceIdentity, NvmeError } from "@assay/nvme-native";
import type { Identity } from "@assay/protocol";

/** Identify of every active namespace that has blocks, read from the drive now; no plan speaks of those of keys and values. */
export async function namespaceIdentities(controller: Controller): Promise<NamespaceIdentity[]> {
  const identities: NamespaceIdentity[] = [];
  for (const nsid of await controller.activeNamespaces()) {
    const identity = await identityOf(controller, nsid);
    if (identity !== null) identities.push(identity);
  }
  return identities;
}

/** Null: it is of a command set without blocks. */
async function identityOf(controller: Controller, nsid: number): Promise<NamespaceIdentity | null> {
  try {
    return (await controller.namespace(nsid)).identity;
  } catch (error) {
    if (error instanceof Error && (error as NvmeError).code === "ERR_UNSUPPORTED") return null;
    throw error;
  }
}

/** Who the drive says it is: model and serial of the controller; NGUID and EUI-64 of the first namespace as witnesses. Pure. */
export function observedIdentity(controller: ControllerIdentity, namespaces: NamespaceIdentity[]): Identity {
  const first = [...namespaces].sort((a, b) => a.nsid - b.nsid)[0];
  return {
    model: controller.model.trim(),
    serial: controller.serial.trim(),
    firmware: controller.firmware.trim(),
    nguid: known(first?.nguid),
    eui64: known(first?.eui64),
  };
}

/** All zeroes means that the drive has none (NVM Command Set 1.0, figure 97). */
function known(witness: string | null | undefined): string | null {
  return witness && !/^0+$/.test(witness) ? witness.toLowerCase() : null;
}
