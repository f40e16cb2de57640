/** Whether a drive may let its host at namespaces with extended LBA formats (Host Behavior Support; NVMe Base 2.0, 5.27.1.18). */
import { flag, having } from "../check";
import type { Completion } from "../command/completion";
import { succeeded } from "../command/status";
import type { Controller } from "../contract/controller";
import type { NamespaceIdentity } from "../controller/identity";

const HOST_BEHAVIOUR = 0x16;
const HOST_BEHAVIOUR_BYTES = 512;
const LBAFEE = 2;

/**
 * LBAFEE, the rest of the feature as it is. Without it a drive refuses formats with a storage tag or a guard of more than 16
 * bits, and I/O to namespaces that have such (00/0B), and knows sixteen formats at most. A reset of the controller takes it
 * away; `Controller.namespace` sets it for a namespace with such a format, and from then on `reset` and `reopen` do.
 */
export async function setExtendedFormats(
  controller: Pick<Controller, "getFeature" | "setFeature">,
  on: boolean,
): Promise<Completion> {
  having("controller", controller, ["getFeature", "setFeature"]);
  flag("on", on);
  const data = new Uint8Array(HOST_BEHAVIOUR_BYTES);
  const before = await controller.getFeature(HOST_BEHAVIOUR, { data });
  if (!succeeded(before)) return before;
  if (data[LBAFEE] === Number(on)) return before;
  data[LBAFEE] = Number(on);
  return controller.setFeature(HOST_BEHAVIOUR, 0, { data });
}

/** The namespace's LBA format has a storage tag, or a guard of more than 16 bits. */
export function isExtended(identity: NamespaceIdentity): boolean {
  const { protection } = having("identity", identity, ["lbaBytes"]);
  return (protection?.guardBits ?? 16) !== 16 || (protection?.storageTagBits ?? 0) !== 0;
}
