import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseSheet } from "./sheet";

const SHEETS = join(__dirname, "../../catalog/sheets");
const sheet = (spec: string) =>
  `apiVersion: assay/v1\nkind: DataSheet\nmetadata: {model: ASSAY SIM A, revision: 3}\nspec: ${spec}\n`;
const problems = (source: string) => {
  const result = parseSheet(source);
  return "problems" in result ? result.problems.map(({ line, column, message }) => `${line}:${column} ${message}`) : [];
};

describe("parseSheet", () => {
  it("gives the model, its revision and its entries in base units", () => {
    expect(
      parseSheet(
        sheet("{readyTime: 2s, randomRead4k: 1000, sequentialRead: 20MB/s, capacity: 64MiB, readLatencyP99: 80us}"),
      ),
    ).toEqual({
      sheet: {
        model: "ASSAY SIM A",
        revision: 3,
        entries: {
          readyTime: 2000,
          randomRead4k: 1000,
          sequentialRead: 20e6,
          capacity: 67108864,
          readLatencyP99: 0.08,
        },
      },
    });
  });

  it("reports every mistake with its place", () => {
    expect(problems(sheet("{readyTime: 2000, redyTime: 2s, capacity: $x}"))).toEqual([
      "4:19 `readyTime` is not a duration such as 500ms, 30s, 5m, 12h or 7d",
      "4:25 unknown entry `redyTime` in a data sheet, did you mean `readyTime`?",
      "4:49 `capacity`: a data sheet holds values, no references",
    ]);
    expect(problems("kind: DataSheet\n").map((problem) => problem.slice(4))).toEqual([
      "`apiVersion` is missing",
      "`metadata` is missing",
      "`spec` is missing",
    ]);
  });

  it("takes every sheet of the catalogue, named after its model", () => {
    const files = readdirSync(SHEETS);
    expect(files.length).toBeGreaterThan(1);
    for (const file of files) {
      const result = parseSheet(readFileSync(join(SHEETS, file), "utf8"));
      expect("sheet" in result && `${result.sheet.model.toLowerCase().replaceAll(" ", "-")}.sheet.yaml`).toBe(file);
    }
  });
});
