import { eventRefusal, WIRE_VERSION, wireRefusal } from "./versions";

describe("wire versions", () => {
  it("accept their equal and name who has to be upgraded otherwise", () => {
    expect(wireRefusal(WIRE_VERSION)).toBeNull();
    expect(wireRefusal(WIRE_VERSION - 1)).toMatch(/upgrade the agent/);
    expect(wireRefusal(WIRE_VERSION + 1)).toMatch(/upgrade the orchestrator/);
  });

  it("refuse events from the future", () => {
    expect(eventRefusal(99)).toMatch(/event version 99/);
  });
});
