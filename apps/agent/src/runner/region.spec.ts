import { bytesInLbas, intersection, regionInLbas } from "./region";

const ns = { lbaBytes: 4096, lbaCount: 1000n };

describe("a region of a plan on a namespace", () => {
  it("goes to the end where it has no length", () => {
    expect(regionInLbas({ regionOffsetBytes: 8192, regionBytes: null }, ns)).toEqual({
      regionStartLba: 2n,
      regionLbas: 998n,
    });
  });
  it("is refused with both sizes when it does not fit, or cuts an LBA", () => {
    expect(() => regionInLbas({ regionOffsetBytes: 0, regionBytes: 4096 * 1001 }, ns)).toThrow("4096000 bytes");
    expect(() => regionInLbas({ regionOffsetBytes: 512, regionBytes: 4096 }, ns)).toThrow(
      "multiple of the LBA size 4096",
    );
    expect(() => bytesInLbas("I/O size", 512, 4096)).toThrow("I/O size of 512 bytes");
  });
  it("meets another one in what they have in common, which must not be nothing", () => {
    const at = (regionStartLba: bigint, regionLbas: bigint) => ({ regionStartLba, regionLbas });
    expect(intersection(at(0n, 100n), at(50n, 100n))).toEqual(at(50n, 50n));
    expect(intersection(at(10n, 5n), at(0n, 100n))).toEqual(at(10n, 5n));
    expect(() => intersection(at(0n, 10n), at(10n, 10n))).toThrow("no LBA in common");
  });
});
