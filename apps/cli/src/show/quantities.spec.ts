import { durationBetween, formatBytes, formatDuration, formatNumber, parseDuration } from "./quantities";

describe("durations", () => {
  it.each([
    ["90s", 90_000],
    ["1.5h", 5_400_000],
    ["250 ms", 250],
    ["2min", 120_000],
    ["soon", null],
    ["10", null],
    ["-1s", null],
  ])("%j is %p ms", (text, ms) => expect(parseDuration(text)).toBe(ms));

  it.each([
    [12, "12 ms"],
    [1500, "1.5 s"],
    [125_000, "2 min 5 s"],
    [3_660_000, "1 h 1 min"],
  ])("%i ms reads %j", (ms, text) => expect(formatDuration(ms)).toBe(text));

  it("are unknown while one end is", () => {
    expect(durationBetween("2026-01-01T00:00:00Z", null)).toBeNull();
    expect(durationBetween("2026-01-01T00:00:00Z", "2026-01-01T00:00:02Z")).toBe("2.0 s");
  });
});

describe("sizes", () => {
  it.each([
    [512, "512 B"],
    [64 * 1024 * 1024, "64 MiB"],
    ["1610612736", "1.5 GiB"],
  ])("%p reads %j", (bytes, text) => expect(formatBytes(bytes)).toBe(text));
});

describe("measured numbers", () => {
  it.each([
    [67_108_864, "67108864"],
    [10_589.356050922717, "10589.4"],
    [0.1 + 0.2, "0.3"],
  ])("%p reads %j: whole ones are never rounded", (value, text) => expect(formatNumber(value)).toBe(text));
});
