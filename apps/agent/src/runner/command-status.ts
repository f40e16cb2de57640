/** What the status of a command says where success was needed. */
import type { Completion } from "@assay/nvme-native";
import { Interruption } from "./interruption";
import type { SuspicionRule } from "./suspicion";

type Status = Pick<Completion, "sct" | "sc" | "local">;

/** Completed by our side: status code type 7h, vendor specific. */
const LOCAL: { [sc: number]: SuspicionRule | "deadline" } = {
  128: "command-timeout",
  130: "drive-gone",
  131: "deadline",
};

/** A command came back with a status that means failure. */
export class CommandFailed extends Error {
  constructor(
    what: string,
    readonly status: Status,
  ) {
    super(`${what} came back with ${statusText(status)}`);
  }
}

/** `sct/sc`, two hexadecimal digits each. Pure. */
export function statusText(status: { sct: number; sc: number }): string {
  return [status.sct, status.sc].map((n) => n.toString(16).padStart(2, "0")).join("/");
}

/** Whose doing an unwanted status is. Pure. @throws Interruption when the driver refused to send past the deadline */
export function ruleOfStatus(status: Status): SuspicionRule {
  const rule = status.local ? (LOCAL[status.sc] ?? "drive-gone") : "unexpected-status";
  if (rule === "deadline") throw new Interruption("deadline", "the time budget is used up");
  return rule;
}
