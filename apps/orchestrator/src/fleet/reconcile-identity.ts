/**
 * Which DUT is the drive that a host sees in a slot? Pure. A drive is known by model and serial; NGUID and EUI-64 are
 * witnesses. Two drives that claim the same identity are an error: the second becomes a twin, both are in conflict, and
 * neither gets a plan until one of them is gone or corrected.
 */
import type { Identity } from "@assay/protocol";

export interface KnownDut {
  id: string;
  twin: number;
  nguid: string | null;
  eui64: string | null;
  /** Slot where it is now by our books, and whether that slot still sees it in the same inventory or host. */
  slotId: string | null;
}

export interface IdentityQuestion {
  identity: Identity;
  slotId: string;
  /** DUTs of the same model and serial. */
  known: KnownDut[];
  /** Slots that see this model and serial right now, this one included. */
  seenIn: string[];
}

export type IdentityAnswer =
  | { kind: "known"; dutId: string; conflict: string | null }
  | { kind: "new"; twin: number; conflict: string | null };

export function reconcileIdentity({ identity, slotId, known, seenIn }: IdentityQuestion): IdentityAnswer {
  const twice = seenIn.length > 1;
  const conflict = twice
    ? `${seenIn.length} slots see a drive that says it is ${identity.model} ${identity.serial}`
    : null;
  const agreeing = known.filter((dut) => witnessesAgree(dut, identity));
  // Seen twice, one DUT per slot; seen once, the same drive wherever it was moved to.
  const here = agreeing.find((dut) => dut.slotId === slotId);
  const free = agreeing.find((dut) => dut.slotId === null || !seenIn.includes(dut.slotId));
  const match = here ?? free;
  if (match !== undefined) return { kind: "known", dutId: match.id, conflict };
  const twin = known.reduce((highest, dut) => Math.max(highest, dut.twin + 1), 0);
  if (known.length > 0 && !twice) {
    const reason = `its witnesses (NGUID, EUI-64) differ from those of the DUT that had this model and serial before`;
    return { kind: "new", twin, conflict: reason };
  }
  return { kind: "new", twin, conflict };
}

/** A witness that one side lacks says nothing. */
function witnessesAgree(dut: KnownDut, { nguid, eui64 }: Identity): boolean {
  const differ = (a: string | null, b: string | null) => a !== null && b !== null && a !== b;
  return !differ(dut.nguid, nguid) && !differ(dut.eui64, eui64);
}
