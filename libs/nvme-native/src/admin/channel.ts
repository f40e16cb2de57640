/** What sends admin commands: a controller, or whatever stands in for one. */
import type { CommandData } from "../buffer/buffer";
import type { Completion, RawCommand } from "../command/completion";
import type { LogPageOptions } from "./log-page";

export interface AdminChannel {
  /** `raw`: the page of Identify Controller; absent in what stands in for a controller. */
  readonly identity?: { raw: Uint8Array };
  /** Nothing can be sent any more. */
  readonly closed?: boolean;
  /** A raw admin command. `data` is read from or written to the drive according to `direction`. */
  admin(command: RawCommand, data?: CommandData, direction?: "from-device" | "to-device"): Promise<Completion>;
  /** `bytes` and `options.offset` in bytes, multiples of 4. */
  getLogPage(
    lid: number,
    bytes: number,
    options?: LogPageOptions,
  ): Promise<{ completion: Completion; data: Uint8Array }>;
}
