/** Which namespaces are of keys and values, and how one is opened. */
import type { ControllerAccess } from "../command/access";
import type { Completion } from "../command/completion";
import { statusText, succeeded } from "../command/status";
import type { KeyValueNamespace } from "../contract/key-value-namespace";
import { parseCommandSet } from "../controller/identify";
import { NvmeError } from "../nvme-error";
import { KEY_VALUE_COMMAND_SET } from "./commands";
import { parseKeyValueNamespace } from "./identity";
import { NvmeKeyValueNamespace } from "./namespace";

const DESCRIPTORS = 0x03;
const NAMESPACE_OF_SET = 0x05;
const NVM_COMMAND_SET = 0;
/** Older drives know no other command sets than NVM: none is asked. */
const FIRST_VERSION_WITH_SETS = 0x0001_0400;

interface Identified extends ControllerAccess {
  identifyRaw(
    cns: number,
    nsid?: number,
    cntid?: number,
    csi?: number,
  ): Promise<{ completion: Completion; data: Uint8Array }>;
}

/** The command set of an active namespace (CNS 03h; one that tells none is NVM's); null: the drive refused to tell. */
async function commandSetOf(controller: Identified, nsid: number): Promise<number | null> {
  if (controller.identity.version < FIRST_VERSION_WITH_SETS) return NVM_COMMAND_SET;
  const { completion, data } = await controller.identifyRaw(DESCRIPTORS, nsid);
  return succeeded(completion) ? (parseCommandSet(data) ?? NVM_COMMAND_SET) : null;
}

/** Before a namespace is opened as one of blocks. @throws ERR_UNSUPPORTED */
export async function refuseKeysAndValues(controller: Identified, nsid: number): Promise<void> {
  if ((await commandSetOf(controller, nsid)) !== KEY_VALUE_COMMAND_SET) return;
  throw new NvmeError(
    "ERR_UNSUPPORTED",
    `namespace ${nsid} is of the key value command set and has no blocks: call controller.keyValueNamespace(${nsid})`,
  );
}

/** @throws ERR_UNSUPPORTED when it is of another command set, ERR_OPEN when it is not active or not identified */
export async function openKeyValueNamespace(controller: Identified, nsid: number): Promise<KeyValueNamespace> {
  const set = await commandSetOf(controller, nsid);
  if (set !== null && set !== KEY_VALUE_COMMAND_SET)
    throw new NvmeError(
      "ERR_UNSUPPORTED",
      `namespace ${nsid} is of command set ${set}, not of the key value command set, ${KEY_VALUE_COMMAND_SET}`,
    );
  const { completion, data } = await controller.identifyRaw(NAMESPACE_OF_SET, nsid, 0, KEY_VALUE_COMMAND_SET);
  if (!succeeded(completion))
    throw new NvmeError(
      "ERR_OPEN",
      `Identify of namespace ${nsid} as one of keys and values ended with ${statusText(completion)}`,
    );
  const identity = parseKeyValueNamespace(nsid, data);
  if (identity.capacityBytes === 0n) throw new NvmeError("ERR_OPEN", `namespace ${nsid} is not active`);
  return new NvmeKeyValueNamespace(controller, identity);
}
