/** The one way of I/O commands of scripts to a queue pair. */
import { addon, settle } from "../addon/addon";
import type { NativeCommand, NativeData, NativeDirection, NativeHandle } from "../addon/command";
import { refuse } from "../check";
import type { ControllerAccess } from "../command/access";
import type { Completion } from "../command/completion";
import type { Qpair } from "../contract/qpair";
import { NvmeQpair } from "../controller/qpair";

/** A command with its data; so many of their last bytes are metadata that have a buffer of their own. */
export interface IoRequest {
  command: NativeCommand;
  data: NativeData | null;
  direction: NativeDirection;
  lbas?: number;
  metadataBytes?: number;
}

/** @throws ERR_ARGUMENT, ERR_CLOSED */
export async function sendIo(
  controller: ControllerAccess,
  namespace: NativeHandle,
  qpair: Qpair,
  { command, data, direction, lbas = 0, metadataBytes = 0 }: IoRequest,
): Promise<Completion> {
  if (!(qpair instanceof NvmeQpair)) refuse("qpair is not a queue pair of this driver");
  if (qpair.controller !== controller) refuse(`qpair ${qpair.qid} belongs to another controller`);
  const lane = qpair.use();
  return qpair.during(settle(addon().io(namespace, command, data, direction, lane, lbas, metadataBytes)));
}
