import { drawLate, randomSeedFor } from "./late";

const key = { seed: "42", path: "cut/off", iteration: [3] };
const value = { random: { from: 10, to: 10_000 } };

describe("drawLate", () => {
  it("draws the same number on every host", () => {
    expect(drawLate(value, key)).toBe(2964);
    expect(drawLate(value, { ...key })).toBe(drawLate(value, key));
  });

  it("draws another number for another seed, step and iteration", () => {
    const draws = [
      key,
      { ...key, seed: "43" },
      { ...key, path: "cut/on" },
      { ...key, iteration: [4] },
      { ...key, iteration: [3, 0] },
    ].map((one) => drawLate(value, one));
    expect(new Set(draws).size).toBe(draws.length);
  });

  it("stays inside its bounds, reaches both, and spreads evenly", () => {
    const counts = new Map<number, number>();
    for (let iteration = 0; iteration < 6000; iteration++) {
      const drawn = drawLate({ random: { from: 5, to: 10 } }, { ...key, iteration: [iteration] });
      counts.set(drawn, (counts.get(drawn) ?? 0) + 1);
    }
    expect([...counts.keys()].sort((a, b) => a - b)).toEqual([5, 6, 7, 8, 9, 10]);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  it("leaves plain values as they are", () => {
    expect(drawLate(17, key)).toBe(17);
    expect(drawLate({ random: { from: 9, to: 9 } }, key)).toBe(9);
  });
});

describe("randomSeedFor", () => {
  it("gives 64-bit seeds that differ by worker, step and iteration", () => {
    const seeds = [
      randomSeedFor("42", "io", [], 0),
      randomSeedFor("42", "io", [], 1),
      randomSeedFor("42", "oi", [], 0),
      randomSeedFor("42", "io", [0], 0),
      randomSeedFor("41", "io", [], 0),
    ];
    expect(new Set(seeds).size).toBe(seeds.length);
    for (const seed of seeds) expect(seed >= 0n && seed < 1n << 64n).toBe(true);
    expect(randomSeedFor("42", "io", [], 0)).toBe(seeds[0]);
  });
});
