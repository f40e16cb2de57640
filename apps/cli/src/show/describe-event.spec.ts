import { describeEvent } from "./describe-event";

const event = (body: { type: string; [field: string]: unknown }) => describeEvent({ seq: 1, atMs: 0, body });

describe("an event for people", () => {
  it("names step, iteration (counted from one) and reason", () => {
    expect(
      event({
        type: "step-finished",
        path: "cut/off",
        iteration: [2],
        kind: "power",
        outcome: "errored",
        reason: "no rail",
        durationMs: 12.4,
      }),
    ).toBe("step cut/off #3 errored in 12 ms: no rail");
  });

  it("shows where the data differ", () => {
    expect(event({ type: "miscompare", lba: "77", kind: "bit-error", expected: "00ff", got: "01ff" })).toBe(
      "MISCOMPARE bit-error at LBA 77: expected 00ff, got 01ff",
    );
  });

  it("is left out when it is only numbers", () => {
    expect(event({ type: "samples" })).toBeNull();
  });

  it("is named when its type is newer than this program", () => {
    expect(event({ type: "quake", strength: 3 })).toBe('quake: {"type":"quake","strength":3}');
  });
});
