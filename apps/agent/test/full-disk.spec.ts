/** The agent's and the runner's files on a disk that is really full: clear errors, and every event that was appended. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { onSmallDisk, whyNoSmallDisk } from "../../../libs/nvme-native/test/small-disk";

const DISK_BYTES = 8 << 20;
const missing = whyNoSmallDisk();
if (missing !== null) console.log(`skipped: ${missing}`);
// Nothing is quick on a shared machine.
jest.setTimeout(60_000);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "assay-full-disk-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function shown(scenario: string) {
  const disk = join(folder, "disk");
  mkdirSync(disk);
  const register = join(__dirname, "swc-register.cjs");
  const command = [process.execPath, "-r", register, join(__dirname, "full-disk-child.ts"), scenario, disk, folder];
  const { stdout } = await promisify(execFile)(...onSmallDisk(DISK_BYTES, disk, command));
  return JSON.parse(stdout);
}

const upTo = (last: number) => Array.from({ length: last }, (_, n) => n + 1);

(missing === null ? describe : describe.skip)("on a full disk", () => {
  it("the runner's journal says so, keeps what it has whole, and goes on when there is room", async () => {
    const { errors, appended, torn, numbers } = await shown("journal");
    expect(errors).toEqual(["ENOSPC", "ENOSPC"]);
    expect(appended).toBeGreaterThan(0);
    expect(torn).toBe(0);
    expect(numbers).toEqual(upTo(appended + 1));
  });

  it("a runner ends by its own fault and says why, and no event that it had written is lost", async () => {
    const { code, words, lastSeq, tornBytes, numbers, ended } = await shown("runner");
    expect([code, tornBytes, ended]).toEqual([70, 0, true]);
    expect(words).toContain("ENOSPC");
    expect(numbers).toEqual(upTo(lastSeq + 1));
  });

  it("the agent ends a dead runner's journal as soon as there is room, with each number once", async () => {
    const { error, endedBefore, numbers, ended } = await shown("closing");
    expect(error).toBe("ENOSPC");
    expect([endedBefore, ended]).toEqual([false, true]);
    expect(numbers).toEqual([1, 2]);
  });

  it("files of the agent stay as they were, and an order is taken whole or not at all", async () => {
    expect(await shown("files")).toEqual({
      errors: ["ENOSPC", "ENOSPC"],
      content: "old",
      left: [],
      taken: [],
      later: ["00000000-0000-4000-8000-000000000001-1"],
    });
  });

  it("a runner that has to be killed is killed, for the reason that the agent remembers", async () => {
    const { signal, cause, said } = await shown("kill");
    expect([signal, cause]).toEqual(["SIGKILL", "killed-deadline"]);
    expect(said).toEqual([
      expect.stringContaining("its runner is killed (killed-deadline)"),
      expect.stringMatching(/the disk does not say why it was killed: ENOSPC/),
    ]);
  });
});
