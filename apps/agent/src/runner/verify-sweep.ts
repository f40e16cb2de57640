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

/**
 * Counts add up; coverage is that of all LBAs that had to be checked, 100 only where every piece that had any says 100, and
 * null where none had. Pure.
 */
export function mergeSweeps(results: readonly VerifyResult[]): VerifyResult {
  const sum = (of: (r: VerifyResult) => bigint) => results.reduce((n, r) => n + of(r), 0n);
  return {
    checkedLbas: sum((r) => r.checkedLbas),
    unknownLbas: sum((r) => r.unknownLbas),
    violations: sum((r) => r.violations),
    coveragePercent: mergedCoverage(results),
    miscompares: results.flatMap((r) => r.miscompares).slice(0, MAX_MISCOMPARES),
    newest: sum((r) => r.newest),
    older: sum((r) => r.older),
    readErrors: sum((r) => r.readErrors),
    durationMs: results.reduce((n, r) => n + r.durationMs, 0),
  };
}

function mergedCoverage(results: readonly VerifyResult[]): number | null {
  const pieces = results.flatMap(({ checkedLbas, unknownLbas, coveragePercent }) =>
    coveragePercent === null ? [] : [{ checked: Number(checkedLbas), unknown: Number(unknownLbas), coveragePercent }],
  );
  if (pieces.length === 0) return null;
  if (pieces.every((piece) => piece.coveragePercent === 100)) return 100;
  const checked = pieces.reduce((n, piece) => n + piece.checked, 0);
  const due = pieces.reduce(
    (n, piece) =>
      n +
      (piece.coveragePercent > 0
        ? (piece.checked * 100) / piece.coveragePercent
        : Math.max(1, piece.checked + piece.unknown)),
    0,
  );
  return Math.min((100 * checked) / due, 100 - Number.EPSILON * 100);
}
