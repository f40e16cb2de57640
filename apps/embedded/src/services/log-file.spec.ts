import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LogFile } from "./log-file";

describe("a service's log", () => {
  const folder = mkdtempSync(join(tmpdir(), "assay-log-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  it("keeps the newest lines in at most two files of the given size", () => {
    const file = join(folder, "a.log");
    const log = new LogFile(file, 100);
    for (let n = 0; n < 50; n++) log.writeLine(`line ${n} ${"x".repeat(10)}`);
    expect(statSync(file).size).toBeLessThanOrEqual(100);
    expect(statSync(`${file}.1`).size).toBeLessThanOrEqual(100);
    expect(readFileSync(file, "utf8")).toContain("line 49");
    expect(log.lastWords().split("\n").at(-1)).toContain("line 49");
  });

  it("does not end the lab when it cannot be written", () => {
    expect(() => new LogFile(join(folder, "nowhere", "b.log")).writeLine("hello")).not.toThrow();
  });
});
