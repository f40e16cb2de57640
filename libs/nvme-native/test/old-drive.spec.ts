/** A drive's file that another version wrote, or that is none, is refused in words and left as it is. */
import { closeSync, openSync, readFileSync, rmSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { driver } from "../src";
import { makeDrive, temporaryFolder } from "./bench-drive";

/** drive_layout.h: magic in bytes 0-7, version in bytes 8-11. */
const VERSION_OFFSET = 8;

let folder: string;
let drive: string;
beforeEach(async () => {
  folder = temporaryFolder();
  drive = await makeDrive(folder);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const versionOf = (path: string) => readFileSync(path).readUInt32LE(VERSION_OFFSET);
function rewriteVersion(version: number): void {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(version);
  const file = openSync(drive, "r+");
  writeSync(file, bytes, 0, 4, VERSION_OFFSET);
  closeSync(file);
}

const attempts: [string, (path: string) => Promise<unknown>][] = [
  ["open", (path) => driver.open({ transport: "model", path })],
  ["the power switch", (path) => driver.modelPower(path, "off")],
  ["a look at the power", (path) => driver.modelPowerState(path)],
];

describe.each(attempts)("%s of a drive's file", (_, attempt) => {
  test.each([
    ["an older", -1],
    ["a newer", 1],
  ])("refuses %s layout: it names both versions and what to do, and changes nothing", async (_age, step) => {
    const known = versionOf(drive);
    rewriteVersion(known + step);
    const before = readFileSync(drive);
    await expect(attempt(drive)).rejects.toMatchObject({
      name: "NvmeError",
      code: "ERR_FILE",
      message: expect.stringMatching(
        new RegExp(`^${drive} is a software drive of version ${known + step}, this driver knows version ${known} only`),
      ),
    });
    expect(readFileSync(drive).equals(before)).toBe(true);
  });

  test("refuses a file that is no drive, and one that was cut short", async () => {
    const other = join(folder, "notes.txt");
    writeFileSync(other, "nothing of a drive".repeat(100));
    await expect(attempt(other)).rejects.toMatchObject({ message: `${other} is not a software drive` });
    truncateSync(drive, 128 * 1024);
    await expect(attempt(drive)).rejects.toMatchObject({ message: `${drive} is cut short` });
  });
});
