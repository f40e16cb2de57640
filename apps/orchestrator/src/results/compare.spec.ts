import { pairUp } from "./compare.service";

const AT = new Date("2026-11-22T12:00:00Z");
const row = (firmware: string, mean: number, model = "A") => ({
  model,
  path: "io",
  firmware,
  mean,
  since: AT,
  until: AT,
});
const iops = { unit: "1/s", direction: "higher", description: "" } as const;
const latency = { unit: "ms", direction: "lower", description: "" } as const;

describe("two firmware revisions side by side", () => {
  it("says by how much the mean changed and which is better", () => {
    expect(pairUp([row("B7", 100), row("B8", 90)], "B7", "B8", iops)).toMatchObject([
      { changePercent: -10, better: "a" },
    ]);
    expect(pairUp([row("B7", 100), row("B8", 90)], "B7", "B8", latency)).toMatchObject([
      { changePercent: -10, better: "b" },
    ]);
  });
  it("claims nothing where one side was not measured, or the metric has no direction", () => {
    expect(pairUp([row("B7", 100)], "B7", "B8", iops)).toMatchObject([{ b: null, changePercent: null, better: null }]);
    expect(pairUp([row("B7", 100), row("B8", 90)], "B7", "B8", null)).toMatchObject([
      { changePercent: -10, better: null },
    ]);
  });
  it("keeps models apart", () => {
    const lines = pairUp([row("B7", 1), row("B7", 2, "B"), row("B8", 3, "B")], "B7", "B8", iops);
    expect(lines.map(({ model, b }) => [model, b !== null])).toEqual([
      ["A", false],
      ["B", true],
    ]);
  });
});
