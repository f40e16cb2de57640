/** What queue pairs and namespaces need of their controller. */

import type { NativeHandle } from "../addon/command";
import type { ControllerIdentity } from "../controller/identity";

export interface ControllerAccess {
  readonly identity: ControllerIdentity;
  /** Of the namespaces of keys and values that were opened. */
  readonly keyValueNsids: readonly number[];
  /** @throws ERR_CLOSED */
  use(): NativeHandle;
  /** SMART power cycles, or 0 where the drive has no such log. */
  powerCycles(): Promise<bigint>;
  /** DN of feature 0Ah as it is now; false where the drive does not tell. */
  normalUnitDisabled(): Promise<boolean>;
}
