/** A verify of any length in pieces, so that a cancelled run does not read on for hours. */
import type { Namespace, VerifyResult } from "@assay/nvme-native";
import type { LbaRegion } from "./region";

/** Largest piece, bytes. */
export const PIECE_BYTES = 4 * 2 ** 30;
/** Miscompares kept of all pieces. */
const MAX_MISCOMPARES = 64;

type SweepOptions = Omit<Parameters<Namespace["verify"]>[0], keyof LbaRegion>;

export interface Sweep {
  result: VerifyResult;
  /** What ended it early: the signal's reason or the driver's error; null when every piece was read. */
  brokenOff: unknown;
}

/** Reads and checks `region` piece by piece; between pieces the signal is looked at. What was found before an end is kept. */
export async function sweep(
  namespace: Pick<Namespace, "verify" | "identity">,
  region: LbaRegion,
  options: SweepOptions,
  signal: AbortSignal,
): Promise<Sweep> {
  const results: VerifyResult[] = [];
  let brokenOff: unknown = null;
  try {
    for (const piece of pieces(region, BigInt(PIECE_BYTES / namespace.identity.lbaBytes))) {
      signal.throwIfAborted();
      results.push(await namespace.verify({ ...options, ...piece }));
    }
  } catch (error) {
    brokenOff = error;
  }
  return { result: mergeSweeps(results), brokenOff };
}

/** Consecutive parts of a region of at most `lbas` LBAs. Pure. */
export function pieces(region: LbaRegion, lbas: bigint): LbaRegion[] {
  const parts: LbaRegion[] = [];
  for (let done = 0n; done < region.regionLbas; done += lbas) {
    const left = region.regionLbas - done;
    parts.push({ regionStartLba: region.regionStartLba + done, regionLbas: left < lbas ? left : lbas });
  }
  return parts;
}

/** Counts add up; coverage is that of all LBAs that had to be checked, and 100 only where every piece says 100. Pure. */
export function mergeSweeps(results: readonly VerifyResult[]): VerifyResult {
  const sum = (of: (r: VerifyResult) => bigint) => results.reduce((n, r) => n + of(r), 0n);
  const complete = results.every((r) => r.coveragePercent === 100);
  const due = results.reduce((n, r) => n + lbasDue(r), 0);
  const checkedLbas = sum((r) => r.checkedLbas);
  return {
    checkedLbas,
    unknownLbas: sum((r) => r.unknownLbas),
    violations: sum((r) => r.violations),
    coveragePercent: complete ? 100 : Math.min((100 * Number(checkedLbas)) / due, 100 - Number.EPSILON * 100),
    miscompares: results.flatMap((r) => r.miscompares).slice(0, MAX_MISCOMPARES),
    newest: sum((r) => r.newest),
    older: sum((r) => r.older),
    readErrors: sum((r) => r.readErrors),
    durationMs: results.reduce((n, r) => n + r.durationMs, 0),
  };
}

function lbasDue({ checkedLbas, unknownLbas, coveragePercent }: VerifyResult): number {
  if (coveragePercent > 0) return (Number(checkedLbas) * 100) / coveragePercent;
  return Math.max(1, Number(checkedLbas + unknownLbas));
}
