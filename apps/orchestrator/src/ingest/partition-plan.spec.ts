import { dayOf, isExpired, partitionFor, partitionsAhead, TELEMETRY_TABLES } from "./partition-plan";

const daily = { name: "sample", every: "day", keepDays: 90 } as const;
const monthly = { name: "metric", every: "month", keepDays: 3653 } as const;

describe("the partitions of telemetry", () => {
  it("hold one day or one month, by UTC", () => {
    expect(dayOf(new Date("2026-12-31T23:59:59.999Z"))).toBe("2026-12-31");
    expect(partitionFor(daily, "2026-12-31")).toEqual({
      table: "sample",
      name: "sample_20261231",
      from: "2026-12-31",
      to: "2027-01-01",
    });
    expect(partitionFor(monthly, "2026-12-31")).toMatchObject({
      name: "metric_202612",
      from: "2026-12-01",
      to: "2027-01-01",
    });
  });
  it("are made ahead over the end of a month, each once", () => {
    const names = partitionsAhead(new Date("2026-11-29T22:00:00Z")).map(({ name }) => name);
    expect(names).toContain("sample_20261202");
    expect(names).toContain("metric_202611");
    expect(names).toContain("metric_202612");
    expect(new Set(names).size).toBe(names.length);
    expect(TELEMETRY_TABLES.every(({ name }) => names.some((made) => made.startsWith(`${name}_2026`)))).toBe(true);
  });
  it("expire when their youngest day is older than the table keeps", () => {
    expect(isExpired(daily, "2026-01-02", new Date("2026-04-01T23:00:00Z"))).toBe(false);
    expect(isExpired(daily, "2026-01-02", new Date("2026-04-02T00:00:00Z"))).toBe(true);
  });
});
