/** May this order run on this host now? Asked once the order is on disk, before a runner starts. */
import type { EventBody, RunOrder } from "@assay/protocol";
import type { DriveFacts } from "../guard/drive-facts";
import { askGuard } from "../guard/guard";
import { HostFileError, readHostFile } from "../inventory/host-file";
import type { SlotEntry } from "../inventory/host-schema";

export type Admission = { admitted: true } | { admitted: false; event: EventBody; reason: string };

export interface AdmissionView {
  order: RunOrder;
  hostFile: string;
  factsOf: (slot: SlotEntry, hostFile: string) => DriveFacts;
  /** Name of the unended run that has the slot already, or null. */
  slotHolder: string | null;
  /** Why the spool has no room, or null. */
  spoolRefusal: string | null;
}

/** The host's file is read anew: what it says now counts. */
export function admit(view: AdmissionView): Admission {
  const { order } = view;
  if (view.slotHolder !== null)
    return refused(
      `slot "${order.slot}" still belongs to run ${view.slotHolder}, whose runner is not known to be dead`,
    );
  if (view.spoolRefusal !== null) return refused(view.spoolRefusal);
  let slot: SlotEntry | null;
  try {
    slot = readHostFile(view.hostFile).slots.find((entry) => entry.name === order.slot) ?? null;
  } catch (error) {
    if (!(error instanceof HostFileError)) throw error;
    return refused(`the host file has problems, so no drive may be touched:\n${error.message}`.slice(0, 4000));
  }
  const facts = slot === null ? NO_FACTS : view.factsOf(slot, view.hostFile);
  const { identity, effects } = order;
  const answer = askGuard({ slotName: order.slot, slot, ordered: identity, effects, observed: null, facts });
  if (answer.allowed) return { admitted: true };
  const { rule, reason } = answer;
  return { admitted: false, event: { type: "refused", by: "guard", rule, reason }, reason: `guard: ${reason}` };
}

const NO_FACTS: DriveFacts = {
  device: { kind: "socket", path: "" },
  host: { mounts: [], swaps: [], mdMembers: [], btrfsMembers: [], zfsLoaded: false },
};

function refused(reason: string): Admission {
  return { admitted: false, event: { type: "log", level: "error", text: reason }, reason };
}
