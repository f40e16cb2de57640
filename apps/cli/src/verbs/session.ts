import type { Printer } from "../output/printer";

/** What a verb may reach. */
export interface Session {
  printer(): Printer;
  setExitCode(code: number): void;
}
