import { renderFacts, renderTable } from "./table";

describe("a table", () => {
  const columns = [
    { title: "dut", of: (row: { dut: string; iops: number | null }) => row.dut },
    { title: "iops", of: (row: { dut: string; iops: number | null }) => row.iops, align: "right" as const },
  ];

  it("lines its columns up and aligns numbers to the right", () => {
    expect(
      renderTable(columns, [
        { dut: "SIM0001", iops: 12 },
        { dut: "S", iops: 123456 },
      ]),
    ).toBe(["DUT        IOPS", "SIM0001      12", "S        123456"].join("\n"));
  });

  it("shows a dash where nothing is known", () => {
    expect(renderTable(columns, [{ dut: "", iops: null }])).toBe(["DUT  IOPS", "-       -"].join("\n"));
  });

  it("lets no control character of a drive reach the terminal", () => {
    expect(renderTable(columns, [{ dut: "A\u001b[31m\nB", iops: 1 }])).toMatch(/^DUT +IOPS\nA \[31m B +1$/);
  });
});

describe("facts", () => {
  it("are lined up, and those that are undefined left out", () => {
    expect(
      renderFacts([
        ["run", "r1"],
        ["verdict", null],
        ["hidden", undefined],
      ]),
    ).toBe("run      r1\nverdict  -");
  });
});
