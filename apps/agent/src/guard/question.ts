/** What the guard is asked. */
import type { Identity } from "@assay/protocol";
import type { SlotEntry } from "../inventory/host-schema";
import type { DriveFacts } from "./drive-facts";
import type { KnownIdentity } from "./identity";

export type Effect = SlotEntry["effects"][number];

export interface GuardQuestion {
  slotName: string;
  /** The slot in the host's file; null when the file does not list it. */
  slot: SlotEntry | null;
  /** Who the order says the drive must be; null when nobody ordered anything (a probe). */
  ordered: KnownIdentity | null;
  /** Effects that are about to happen. */
  effects: readonly Effect[];
  /** Identity as read from the drive a moment ago; null before it was opened. */
  observed: Identity | null;
  facts: DriveFacts;
}
