/** What a bring-up or a reset took, and what the drive did against the protocol. */

/** What a drive did against the protocol on the completion side; such an entry completes no command. */
export interface ProtocolViolations {
  count: number;
  /** The first 64. `duplicate-completion`: of a command that had completed; `unknown-cid`: of one that was never sent. */
  first: { kind: "duplicate-completion" | "unknown-cid"; qid: number; cid: number; atMs: number }[];
}

/** How long the phases of a bring-up took, ms. Each is bounded by CAP.TO. */
export interface BringUpReport {
  /** CC.EN = 0 to CSTS.RDY = 0; null where the transport hides it. */
  disableMs: number | null;
  /** CC.EN = 1 to CSTS.RDY = 1; null where the transport hides it. */
  enableMs: number | null;
  readyMs: number;
}

export interface ResetReport extends Partial<Pick<BringUpReport, "disableMs" | "enableMs">> {
  ok: boolean;
  reason: string | null;
  /** From the start of the reset to CSTS.RDY = 1, ms. */
  readyMs: number;
  /** Commands completed locally because of it. */
  settled: number;
}
