/** What queue pairs and namespaces need of their controller. */

import type { NativeHandle } from "../addon/command";
import type { ControllerIdentity } from "../controller/identity";

export interface ControllerAccess {
  readonly identity: ControllerIdentity;
  /** @throws ERR_CLOSED */
  use(): NativeHandle;
  /** SMART power cycles, or 0 where the drive has no such log. */
  powerCycles(): Promise<bigint>;
}
