/** A disk without room under our files: refusals in words, nothing lost that was acknowledged, nobody accused. */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { makeDrive, temporaryFolder } from "./bench-drive";
import { killAll, said, start } from "./child-process";
import { onSmallDisk, whyNoSmallDisk } from "./small-disk";

const DISK_BYTES = 96 << 20;
const missing = whyNoSmallDisk();
if (missing !== null) console.log(`skipped: ${missing}`);

let folder: string;
let disk: string;
beforeEach(() => {
  folder = temporaryFolder();
  disk = join(folder, "disk");
  mkdirSync(disk);
});
afterEach(() => {
  killAll();
  rmSync(folder, { recursive: true, force: true });
});

/** What a scenario says with `disk` its own, and a drive on one that has room. */
async function shown(scenario: string) {
  const drive = await makeDrive(folder);
  const child = start(scenario, disk, drive, {}, (command) => onSmallDisk(DISK_BYTES, disk, command));
  const word = await said(child);
  expect(await child.ended).toEqual([0, null]);
  return word;
}

(missing === null ? describe : describe.skip)("on a full disk", () => {
  test("a drive, a flight recorder and a verify table are refused in words, leave nothing, and can be made when there is room", async () => {
    const refusal = (words: RegExp) => ({ code: "ERR_FILE", message: expect.stringMatching(words) });
    expect(await shown("refusedOnFullDisk")).toEqual({
      made: refusal(/test\.drive: the drive can come to need \d+ bytes, the file system has 0 free/),
      opened: refusal(/flight recorder .*0\.cmdlog of \d+ bytes: No space left on device/),
      tabled: refusal(/t\.verify: it can come to need \d+ bytes, the file system has 0 free/),
      left: [],
      free: 0,
    });
  });

  test("a drive is gone at the first sector without room, its recorder tells the command, and all that it acknowledged is there later", async () => {
    const { acknowledged, completion, reset, recorded, lost } = await shown("driveOnFullDisk");
    expect(acknowledged).toBeGreaterThan(0);
    expect(completion).toMatchObject({ local: true, sct: 7, sc: 0x82 });
    expect(reset).toMatchObject({ ok: false, reason: expect.stringContaining("its file system had no room") });
    expect(recorded).toMatchObject({ opcode: 1, slba: String(acknowledged * 8) });
    expect(lost).toEqual([]);
  });

  test("a verify table forgets what has no room, then and after it is opened again, and accuses nobody", async () => {
    const clean = { end: "done", miscompares: "0", errors: [], violations: "0" };
    const lost = {
      code: "ERR_FILE",
      message: expect.stringMatching(/disk did not take .*t\.verify notes \(No space left/),
    };
    expect(await shown("tableOnFullDisk")).toEqual([
      { ...clean, synced: lost },
      { ...clean, synced: null },
    ]);
  });
});
