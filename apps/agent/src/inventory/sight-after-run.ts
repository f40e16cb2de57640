/** What a run's own identity events say about the drive in its slot, so that no probe must open it again. */
import { eventSchema, type RunEvent, type SlotReport } from "@assay/protocol";
import { readLines } from "../runs/journal-file";
import type { SlotSight } from "./build-inventory";

type IdentityEvent = Extract<RunEvent["body"], { type: "identity" }>;
type Observed = SlotReport["observed"];

/**
 * The newest identity counts. Without one the picture stays. Another drive than the listed one, or one that was never
 * probed, gives no picture: the slot is to be probed. Pure.
 */
export function sightAfterRun(events: IdentityEvent[], before: Observed): SlotSight {
  const last = events.at(-1);
  if (last === undefined || before === null) return { observed: before, error: null };
  if (!last.matches) return { observed: null, error: "the last run met another drive in this slot" };
  const namespace = last.namespaces[0];
  if (namespace === undefined) return { observed: { ...before, identity: last.identity }, error: null };
  const { lbaBytes, metadataBytes, lbaCount } = namespace;
  const capacityBytes = (BigInt(lbaCount) * BigInt(lbaBytes)).toString();
  return { observed: { ...before, identity: last.identity, lbaBytes, metadataBytes, capacityBytes }, error: null };
}

export function identitiesIn(journal: string): IdentityEvent[] {
  const found: IdentityEvent[] = [];
  for (const line of readLines(journal, 0)) {
    if (!line.text.includes('"identity"')) continue;
    const parsed = eventSchema.safeParse(jsonOrNull(line.text));
    if (parsed.success && parsed.data.body.type === "identity") found.push(parsed.data.body);
  }
  return found;
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
