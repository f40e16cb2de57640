import type { Address, Api } from "../api/connection";
import type { Printer } from "../output/printer";

/** What a verb may reach. */
export interface Session {
  printer(): Printer;
  /** The API of the server that the settings name; a CommandError says so when there is no token. */
  api(): Api;
  address(): Address;
  setExitCode(code: number): void;
  pause(ms: number): Promise<void>;
  nowMs(): number;
}
