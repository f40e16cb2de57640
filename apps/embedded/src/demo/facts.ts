/** What the lab shows and judges: the part of the API's answers that the demo is about. */
export interface DemoRun {
  id: string;
  plan: string;
  /** Serial of the drive. */
  dut: string;
  model: string;
  state: string;
  verdict: string | null;
  /** Why it waits, or why it got this verdict. */
  reason: string | null;
  startedAt: string | null;
  finishedAt: string | null;
  /** Who is to blame, once somebody or a rule has said so. */
  cause: string | null;
  rule: string | null;
}

export interface DemoDut {
  serial: string;
  model: string;
  health: string;
  intent: string;
}

export interface DemoMiscompare {
  lba: string;
  kind: string;
  expected: string;
  got: string;
  /** Those that touched the LBA, newest last, one line each. */
  commands: string[];
}

/** What is kept of a failed run. */
export interface Evidence {
  miscompares: DemoMiscompare[];
  /** Newest last, one line each. */
  commands: string[];
}
