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
  it("says nothing of coverage where no piece had anything to check, and leaves such pieces out of it", () => {
    const nothing = result({ coveragePercent: null, unknownLbas: 1000n });
    expect(mergeSweeps([nothing, nothing]).coveragePercent).toBeNull();
    expect(mergeSweeps([]).coveragePercent).toBeNull();
    const some = result({ checkedLbas: 10n, unknownLbas: 10n, coveragePercent: 50 });
    expect(mergeSweeps([nothing, some]).coveragePercent).toBe(50);
    expect(mergeSweeps([nothing, result({ checkedLbas: 10n })]).coveragePercent).toBe(100);
  });
});
