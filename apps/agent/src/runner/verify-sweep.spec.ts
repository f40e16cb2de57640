import type { VerifyResult } from "@assay/nvme-native";
import { mergeSweeps, pieces } from "./verify-sweep";

const result = (part: Partial<VerifyResult>): VerifyResult => ({
  checkedLbas: 0n,
  unknownLbas: 0n,
  violations: 0n,
  coveragePercent: 100,
  miscompares: [],
  newest: 0n,
  older: 0n,
  readErrors: 0n,
  durationMs: 1,
  ...part,
});

describe("a verify in pieces", () => {
  it("covers the region exactly", () => {
    expect(pieces({ regionStartLba: 5n, regionLbas: 25n }, 10n)).toEqual([
      { regionStartLba: 5n, regionLbas: 10n },
      { regionStartLba: 15n, regionLbas: 10n },
      { regionStartLba: 25n, regionLbas: 5n },
    ]);
  });
  it("adds up, and weighs coverage by what had to be checked", () => {
    const merged = mergeSweeps([
      result({ checkedLbas: 300n, violations: 1n }),
      result({ checkedLbas: 50n, unknownLbas: 50n, coveragePercent: 50, older: 2n }),
    ]);
    expect(merged).toMatchObject({
      checkedLbas: 350n,
      unknownLbas: 50n,
      violations: 1n,
      older: 2n,
      coveragePercent: 87.5,
    });
  });
  it("is complete only where every piece is", () => {
    expect(
      mergeSweeps([result({ checkedLbas: 10n ** 12n }), result({ unknownLbas: 1n, coveragePercent: 0 })])
        .coveragePercent,
    ).toBeLessThan(100);
    expect(mergeSweeps([result({}), result({})]).coveragePercent).toBe(100);
  });
});
