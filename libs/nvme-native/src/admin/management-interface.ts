/** NVMe-MI Send and Receive (NVMe Base 2.0, 5.21 and 5.20). */
import type { CommandData } from "../buffer/buffer";
import { integer, object, oneOf, U32 } from "../check";
import { type AdminCall, transferred } from "./call";

/** A message of NVMe-MI in band. */
export interface MiMessage {
  opcode: number;
  dword0?: number;
  dword1?: number;
  /** 1 a command of the interface, 4 a PCIe command. */
  messageType?: 1 | 4;
}

export function miCall(way: "send" | "receive", message: MiMessage, data: CommandData | undefined): AdminCall {
  const o = object<MiMessage>("message", message, ["opcode", "dword0", "dword1", "messageType"]);
  const command = {
    opcode: way === "send" ? 0x1d : 0x1e,
    cdw10: (oneOf("message.messageType", o.messageType ?? 1, [1, 4]) << 11) | 4,
    cdw11: integer("message.opcode", o.opcode, 0, 255),
    cdw12: integer("message.dword0", o.dword0 ?? 0, 0, U32),
    cdw13: integer("message.dword1", o.dword1 ?? 0, 0, U32),
  };
  if (data === undefined) return { command };
  transferred("data", data);
  return { command, data, direction: way === "send" ? "to-device" : "from-device" };
}
