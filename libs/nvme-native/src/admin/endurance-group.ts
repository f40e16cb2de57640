/** The endurance group log, 09h (NVMe Base 2.0, 5.16.1.10). The decoder is pure. */

import { field } from "../buffer/field";
import { bytes, having, integer, U32 } from "../check";
import { expectStatus } from "../command/expect-status";
import type { Controller } from "../contract/controller";

const LID = 0x09;
const BYTES = 512;

/** Endurance Group Information, log 09h (NVMe Base 2.0, figure 217). */
export interface EnduranceGroup {
  /** Bit 0 spare, 2 degraded, 3 read only. */
  criticalWarning: number;
  availableSpare: number;
  spareThreshold: number;
  percentageUsed: number;
  /** In units of 1,000,000,000 bytes, rounded up; 0: not reported. */
  enduranceEstimate: bigint;
  dataUnitsRead: bigint;
  dataUnitsWritten: bigint;
  mediaUnitsWritten: bigint;
  hostReads: bigint;
  hostWrites: bigint;
  mediaErrors: bigint;
  errorLogEntries: bigint;
  capacityBytes: bigint;
  unallocatedBytes: bigint;
}

/** The page as values. @throws ERR_ARGUMENT when it is too short */
export function decodeEnduranceGroup(page: Uint8Array): EnduranceGroup {
  bytes("page", page, BYTES, U32);
  const wide = (at: number) => field(page, at + 15, at);
  return {
    criticalWarning: page[0]!,
    availableSpare: page[3]!,
    spareThreshold: page[4]!,
    percentageUsed: page[5]!,
    enduranceEstimate: wide(32),
    dataUnitsRead: wide(48),
    dataUnitsWritten: wide(64),
    mediaUnitsWritten: wide(80),
    hostReads: wide(96),
    hostWrites: wide(112),
    mediaErrors: wide(128),
    errorLogEntries: wide(144),
    capacityBytes: wide(160),
    unallocatedBytes: wide(176),
  };
}

/** @throws StatusExpectationError where the drive has no such group. */
export async function readEnduranceGroup(controller: Controller, group: number): Promise<EnduranceGroup> {
  having("controller", controller, ["getLogPage"]);
  const { completion, data } = await controller.getLogPage(LID, BYTES, { lsi: integer("group", group, 1, 0xffff) });
  expectStatus(completion);
  return decodeEnduranceGroup(data);
}
