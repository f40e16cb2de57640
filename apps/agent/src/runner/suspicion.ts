/** Whom the runner suspects, by rule. One table; the orchestrator and people may attribute otherwise later. */
import type { NvmeErrorCode } from "@assay/nvme-native";
import type { AttributionCause } from "@assay/protocol";

export interface Suspicion {
  cause: AttributionCause;
  rule: string;
  confidence: number;
}

const RULES = {
  miscompare: ["dut", 0.9],
  "media-errors": ["dut", 0.9],
  "controller-fatal": ["dut", 0.9],
  "critical-warning": ["dut", 0.7],
  "unexpected-status": ["dut", 0.7],
  "activation-failed": ["firmware", 0.8],
  "command-timeout": ["dut", 0.6],
  "not-ready-in-time": ["dut", 0.7],
  "worker-terminated": ["unknown", 0.3],
  "assertion-broken": ["dut", 0.5],
  "criterion-broken": ["dut", 0.5],
  "criterion-without-data": ["test", 0.5],
  "unsupported-by-drive": ["test", 0.7],
  "plan-does-not-fit": ["test", 0.8],
  "identity-mismatch": ["slot", 0.9],
  "guard-refused": ["host", 0.9],
  "power-switch": ["power", 0.8],
  "power-witness-disagrees": ["power", 0.8],
  cancelled: ["operator", 1],
  "lease-revoked": ["orchestrator", 0.8],
  "budget-exhausted": ["test", 0.4],
  "drive-gone": ["dut", 0.5],
  "drive-locked": ["host", 0.9],
  "open-failed": ["host", 0.5],
  "power-off": ["power", 0.8],
  "no-qpair": ["host", 0.6],
  "order-refused": ["orchestrator", 0.8],
  "host-file": ["host", 0.9],
  "driver-misused": ["host", 0.8],
  "drive-frozen": ["dut", 0.3],
} as const satisfies Record<string, readonly [AttributionCause, number]>;
export type SuspicionRule = keyof typeof RULES;

export function suspect(rule: SuspicionRule): Suspicion {
  const [cause, confidence] = RULES[rule];
  return { cause, rule, confidence };
}

/**
 * What an error of the driver means for the step it hit: `failed` is the drive's fault, `errored` means that nothing
 * valid was measured, `deadline` that the time budget is used up.
 */
export const DRIVER_ERRORS: {
  [C in NvmeErrorCode]: { outcome: "failed" | "errored" | "deadline"; rule: SuspicionRule };
} = {
  ERR_ARGUMENT: { outcome: "errored", rule: "plan-does-not-fit" },
  ERR_CLOSED: { outcome: "errored", rule: "driver-misused" },
  ERR_OPEN: { outcome: "errored", rule: "open-failed" },
  ERR_LOCKED: { outcome: "errored", rule: "drive-locked" },
  ERR_GONE: { outcome: "failed", rule: "drive-gone" },
  ERR_BUSY: { outcome: "errored", rule: "driver-misused" },
  ERR_UNSUPPORTED: { outcome: "errored", rule: "unsupported-by-drive" },
  ERR_QPAIR: { outcome: "errored", rule: "no-qpair" },
  ERR_TIMEOUT: { outcome: "failed", rule: "command-timeout" },
  ERR_DEADLINE: { outcome: "deadline", rule: "budget-exhausted" },
  ERR_POWER_OFF: { outcome: "errored", rule: "power-off" },
  ERR_READY: { outcome: "failed", rule: "not-ready-in-time" },
  ERR_FILE: { outcome: "errored", rule: "host-file" },
  // A step beside the worker that froze the drive; that worker's own step tells why.
  ERR_FROZEN: { outcome: "errored", rule: "drive-frozen" },
};
