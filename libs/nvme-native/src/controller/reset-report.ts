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

/** What a reset or a reopening came to. That a drive does not come back is a value here. */
export interface ResetReport extends Partial<Pick<BringUpReport, "disableMs" | "enableMs">> {
  ok: boolean;
  /** Why it is not ok, in words. */
  reason: string | null;
  /** From the start of the reset to CSTS.RDY = 1, ms. */
  readyMs: number;
  /** Commands completed locally because of it. */
  settled: number;
}
