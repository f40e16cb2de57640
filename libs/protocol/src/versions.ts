/** Wire versions are integers. New orders need equal numbers; events may be up to two versions old. */
export const WIRE_VERSION = 1;
export const EVENT_VERSION = 1;
export const OLDEST_EVENT_VERSION = 1;
/** Bumped when the layout of a flight-recorder file changes; the reader refuses another number. */
export const CMDLOG_VERSION = 1;

/** A sentence for the operator, or null when both ends speak the same version. */
export function wireRefusal(theirs: number): string | null {
  if (theirs === WIRE_VERSION) return null;
  const older = theirs < WIRE_VERSION ? "agent" : "orchestrator";
  return `wire version ${theirs} is not ${WIRE_VERSION}: upgrade the ${older}`;
}

export function eventRefusal(theirs: number): string | null {
  if (theirs >= OLDEST_EVENT_VERSION && theirs <= EVENT_VERSION) return null;
  return `event version ${theirs} is outside ${OLDEST_EVENT_VERSION}..${EVENT_VERSION}`;
}
