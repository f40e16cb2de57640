/** Every example runs to its end against the software drive, and the README names each. */
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const root = join(__dirname, "..");
const LIMIT_MS = 60_000;
const examples = readdirSync(join(root, "examples")).filter((name) => /^\d\d-/.test(name));

test.each(examples)(
  "%s",
  async (name) => {
    const { stdout, stderr } = await run(
      process.execPath,
      ["-r", join(__dirname, "from-sources.cjs"), join(root, "examples", name)],
      { timeout: LIMIT_MS },
    );
    expect(stderr).toBe("");
    expect(stdout.split("\n").length).toBeGreaterThan(2);
  },
  LIMIT_MS,
);

test("the README tells of all ten", () => {
  expect(examples).toHaveLength(10);
  const readme = readFileSync(join(root, "README.md"), "utf8");
  for (const name of examples) expect(readme).toContain(`examples/${name}`);
});
