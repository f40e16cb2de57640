/** The Command and Feature Lockdown log, 14h (NVMe Base 2.0, 5.16.1.20). The decoder is pure. */

import { bytes, having, object, oneOf, U32 } from "../check";
import { expectStatus } from "../command/expect-status";
import type { Controller } from "../contract/controller";

const LID = 0x14;
const BYTES = 512;
const LENGTH = 3;
const FIRST = 4;
/** What identifiers are of: opcodes of admin commands, features, or commands of a management interface. */
const SCOPES = { command: 0, feature: 2, management: 3, pcie: 4 } as const;
const LISTS = { lockable: 0, prohibited: 1, prohibitedOutOfBand: 2 } as const;

/** Which list of the log: what can be prohibited, what is just now on the admin queue, what is out of band. */
export interface LockdownSelection {
  /** Default: `command`. */
  scope?: keyof typeof SCOPES;
  /** Default: `prohibited`. */
  list?: keyof typeof LISTS;
}

/** Opcodes or feature identifiers of a page of log 14h. @throws ERR_ARGUMENT when it is too short */
export function decodeLockdown(page: Uint8Array): number[] {
  bytes("page", page, BYTES, U32);
  return [...page.subarray(FIRST, FIRST + page[LENGTH]!)];
}

/** @throws StatusExpectationError where the drive has no such log */
export async function readLockdown(controller: Controller, selection: LockdownSelection = {}): Promise<number[]> {
  having("controller", controller, ["getLogPage"]);
  const o = object<LockdownSelection>("selection", selection, ["scope", "list"]);
  const scope = SCOPES[oneOf("scope", o.scope ?? "command", Object.keys(SCOPES) as (keyof typeof SCOPES)[])];
  const list = LISTS[oneOf("list", o.list ?? "prohibited", Object.keys(LISTS) as (keyof typeof LISTS)[])];
  const { completion, data } = await controller.getLogPage(LID, BYTES, { lsp: (list << 4) | scope });
  expectStatus(completion);
  return decodeLockdown(data);
}
