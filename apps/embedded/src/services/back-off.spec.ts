import { countDeath, FIRST_DELAY_MS, LONGEST_DELAY_MS, RECOVERED_AFTER_MS, restartDelayMs } from "./back-off";

describe("the restart of a service that died", () => {
  it("comes at once the first time and later ever more slowly", () => {
    const delays = [1, 2, 3, 4].map(restartDelayMs);
    expect(delays[0]).toBe(FIRST_DELAY_MS);
    for (let at = 1; at < delays.length; at++) expect(delays[at]).toBeGreaterThan(delays[at - 1]!);
  });

  it("is never given up and never later than the longest delay", () => {
    expect(restartDelayMs(1_000_000)).toBe(LONGEST_DELAY_MS);
  });

  it("forgets old deaths of a service that lived long enough", () => {
    expect(countDeath(7, RECOVERED_AFTER_MS)).toBe(1);
    expect(countDeath(7, RECOVERED_AFTER_MS - 1)).toBe(8);
  });
});
