import { moveRun, type RunMove, type RunState, stateAfter } from "./run-transitions";

const STATES: RunState[] = ["queued", "assigned", "running", "finished"];
const LEGAL: [RunMove, RunState, RunState][] = [
  ["assign", "queued", "assigned"],
  ["withdraw", "assigned", "queued"],
  ["claim", "assigned", "running"],
  ["conclude", "queued", "finished"],
  ["conclude", "assigned", "finished"],
  ["conclude", "running", "finished"],
  ["cancel", "queued", "finished"],
  ["cancel", "assigned", "finished"],
  ["fence", "assigned", "finished"],
  ["fence", "running", "finished"],
];

describe("the life of a run", () => {
  const moves: RunMove[] = ["assign", "withdraw", "claim", "conclude", "cancel", "fence"];
  it.each(moves.flatMap((move) => STATES.map((state) => [move, state] as const)))("%s while %s", (move, state) => {
    const legal = LEGAL.find(([m, from]) => m === move && from === state);
    expect(stateAfter(state, move)).toBe(legal?.[2] ?? null);
    if (legal === undefined) expect(() => moveRun(state, move)).toThrow(/cannot/);
    else expect(moveRun(state, move)).toBe(legal[2]);
  });
  it("is over when it is finished", () => {
    expect(moves.every((move) => stateAfter("finished", move) === null)).toBe(true);
  });
});
