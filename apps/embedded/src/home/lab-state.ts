import { readFileSync } from "node:fs";
import { writeWhole } from "./home";

/** What the lab must remember from one start to the next. Everything else is in the database. */
export interface LabState {
  /** Agents keep the address of the database's queue: the port stays the same while it can. */
  postgresPort?: number;
  /** The port that the agent was enrolled with. */
  enrolledPort?: number;
  demo?: {
    campaignId: string;
    /** Once the demo has ended: how. `--once` repeats it. */
    exitCode?: number;
  };
}

export function readLabState(file: string): LabState {
  try {
    const state: unknown = JSON.parse(readFileSync(file, "utf8"));
    return typeof state === "object" && state !== null ? state : {};
  } catch {
    return {};
  }
}

export function keepLabState(file: string, state: LabState): void {
  writeWhole(file, `${JSON.stringify(state, null, 2)}\n`);
}
