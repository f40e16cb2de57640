/** `assay plan validate`: every mistake at once, each with its place, and nothing accepted that is not built. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assay } from "./assay";
import { REPOSITORY } from "./lab";

/** Six mistakes; what stands where they are. */
const SIX = `apiVersion: assay/v1
kind: Plan
metadata: {name: Six Mistakes, version: 1.0.0}
spec:
  effects: [writes]
  steps:
    - ioworker: {id: io, size: 4KB/s, read: 100%, depth: 8, time: 5s}
    - ioworker: {id: fast, size: 4KiB, read: 100%, depth: 8, time: 5s, speed: high}
    - repeat:
        id: loop
        times: -3
        steps:
          - wait: {for: 5 parsecs}
  criteria:
    - {id: data, metric: fast.unicorns, eq: 0}
`;
const MISTAKES: [line: number, word: RegExp][] = [
  [3, /Six Mistakes/],
  [7, /4KB\/s/],
  [8, /speed/],
  [11, /-3/],
  [13, /5 parsecs/],
  [15, /unicorns/],
];

describe("assay plan validate", () => {
  const folder = mkdtempSync(join(tmpdir(), "assay-plans-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const plan = (name: string, text: string) => {
    const file = join(folder, name);
    writeFileSync(file, text);
    return file;
  };

  it("lists all six mistakes of a plan with line and column and ends with 2", async () => {
    const file = plan("six.plan.yaml", SIX);
    const { code, stdout } = await assay(["plan", "validate", file]);
    const lines = stdout.trim().split("\n");
    expect(code).toBe(2);
    expect(lines).toHaveLength(MISTAKES.length);
    MISTAKES.forEach(([line, word], at) => {
      const place = new RegExp(`^${file}:${line}:(\\d+) {2}`).exec(lines[at]!);
      const column = Number(place?.[1]);
      expect(lines[at]).toMatch(word);
      expect(column).toBeGreaterThan(0);
      expect(column).toBeLessThanOrEqual(SIX.split("\n")[line - 1]!.length);
    });
  });

  it("tells the same to programs", async () => {
    const { code, stdout } = await assay(["-o", "json", "plan", "validate", plan("six.plan.yaml", SIX)]);
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ valid: false, problems: MISTAKES.map(([line]) => ({ line })) });
  });

  it.each(["sweep", "tcp-target", "exec", "purge", "environment"])(
    "refuses the step %s, which is not built yet, by its name",
    async (step) => {
      const text = `apiVersion: assay/v1\nkind: Plan\nmetadata: {name: later, version: 1.0.0}\nspec:\n  steps:\n    - ${step}: {id: a}\n`;
      const { code, stdout } = await assay(["plan", "validate", plan("later.plan.yaml", text)]);
      expect(code).toBe(2);
      expect(stdout).toMatch(new RegExp(`later\\.plan\\.yaml:6:\\d+ .*${step}.*not built yet`));
    },
  );

  it("accepts every plan of the catalogue", async () => {
    const catalogue = join(REPOSITORY, "libs/plans/catalog");
    const files = readdirSync(catalogue, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".plan.yaml"))
      .map((file) => join(catalogue, file));
    expect(files.length).toBeGreaterThanOrEqual(5);
    expect(await assay(["plan", "validate", ...files])).toMatchObject({ code: 0 });
  });

  it("says so when a file is not there", async () => {
    const { code, stderr } = await assay(["plan", "validate", join(folder, "nowhere.yaml")]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/cannot read the plan .*nowhere\.yaml/);
  });
});

describe("assay without a server", () => {
  it("ends with 6 and says what to do", async () => {
    const env = { ASSAY_URL: "http://127.0.0.1:1", ASSAY_TOKEN: "x".repeat(40) };
    const { code, stderr } = await assay(["run", "list"], env);
    expect(code).toBe(6);
    expect(stderr).toMatch(/no answer from http:\/\/127\.0\.0\.1:1/);
    expect(stderr).toMatch(/npm start/);
  });

  it("ends with 2 on a word that it does not know", async () => {
    expect(await assay(["frobnicate"])).toMatchObject({ code: 2 });
    expect(await assay(["run", "wait", "--timeout", "soon", "abcd"])).toMatchObject({ code: 2 });
  });
});
