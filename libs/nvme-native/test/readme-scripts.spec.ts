/** Scripts of the README that are marked with `<!-- script: name -->` run as they stand, on a drive of their own. */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import * as library from "../src";
import { makeDrive, temporaryFolder } from "./bench-drive";

const README = readFileSync(join(__dirname, "..", "README.md"), "utf8");
const SCRIPTS = [...README.matchAll(/<!-- script: (.+?) -->\s*```js\n(.*?)```/gs)].map(([, name, code]) => ({
  name,
  code: code!,
}));

test.each(SCRIPTS)("the script `$name` runs to its end", async ({ code }) => {
  const folder = temporaryFolder();
  try {
    const drive = await makeDrive(folder, {}, "demo.drive");
    const here = code.replaceAll("/tmp/demo.drive", drive).replace(/\nmain\(\);\s*$/, "\nreturn main();");
    const printed: unknown[][] = [];
    const run = new Function("require", "console", here) as (...given: unknown[]) => Promise<void>;
    await run(() => library, { log: (...values: unknown[]) => printed.push(values) });
    expect(printed.length).toBeGreaterThan(0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
