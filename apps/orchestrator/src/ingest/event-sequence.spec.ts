import type { RunEvent } from "@assay/protocol";
import { continueSequence } from "./event-sequence";

const batch = (...numbers: number[]): RunEvent[] =>
  numbers.map((seq) => ({ seq, atMs: 0, body: { type: "log", level: "info", text: String(seq) } }));
const taken = (nextSeq: number, events: RunEvent[]) => {
  const answer = continueSequence(nextSeq, events);
  return answer.kind === "accept" ? [answer.events.map(({ seq }) => seq), answer.nextSeq] : answer;
};

describe("the sequence of a run's events", () => {
  it("takes what continues", () => expect(taken(1, batch(1, 2, 3))).toEqual([[1, 2, 3], 4]));
  it("skips what it has", () => expect(taken(3, batch(1, 2, 3, 4))).toEqual([[3, 4], 5]));
  it("takes nothing from a batch that it has", () => expect(taken(9, batch(1, 2))).toEqual([[], 9]));
  it("asks for the missing ones after a hole", () =>
    expect(taken(3, batch(5, 6))).toEqual({ kind: "hole", nextSeq: 3 }));
  it("refuses a batch with a gap or a repeat inside", () => {
    expect(taken(1, batch(1, 3))).toMatchObject({ kind: "broken" });
    expect(taken(1, batch(1, 1))).toMatchObject({ kind: "broken" });
  });
});
