/** Namespace Management and Attachment (NVMe Base 2.0, 5.23 and 5.22). */
import { type CommandData, viewOf } from "../buffer/buffer";
import { integer, refuse, U32 } from "../check";
import type { AdminCall } from "./call";

const PAGE_BYTES = 4096;
const MAX_CONTROLLERS = PAGE_BYTES / 2 - 1;
const OPCODE = { management: 0x0d, attachment: 0x15 } as const;

/** `page` is the Identify Namespace page of what is wanted. */
export function createNamespaceCall(page: CommandData, csi: number): AdminCall {
  viewOf("page", page, PAGE_BYTES, PAGE_BYTES);
  integer("csi", csi, 0, 255);
  const command = { opcode: OPCODE.management, cdw10: 0, cdw11: (csi << 24) >>> 0 };
  return { command, data: page, direction: "to-device" };
}

export function deleteNamespaceCall(nsid: number): AdminCall {
  integer("nsid", nsid, 1, U32);
  return { command: { opcode: OPCODE.management, nsid, cdw10: 1 } };
}

export function attachmentCall(nsid: number, controllerIds: number[], what: "attach" | "detach"): AdminCall {
  integer("nsid", nsid, 1, U32);
  if (!Array.isArray(controllerIds) || controllerIds.length === 0 || controllerIds.length > MAX_CONTROLLERS) {
    refuse(`controllerIds must be an array of 1 to ${MAX_CONTROLLERS} controller ids`);
  }
  const list = new DataView(new ArrayBuffer(PAGE_BYTES));
  list.setUint16(0, controllerIds.length, true);
  controllerIds.forEach((id, i) => {
    list.setUint16(2 + 2 * i, integer(`controllerIds[${i}]`, id, 0, 0xffff), true);
  });
  const command = { opcode: OPCODE.attachment, nsid, cdw10: what === "attach" ? 0 : 1 };
  return { command, data: new Uint8Array(list.buffer), direction: "to-device" };
}
