/**
 * A process is killed at random points: what it leaves in its flight recorders is laid beside the tape of what the drive
 * fetched and posted. The process is native (native/test/victim.cc), so that a hundred of them take seconds.
 */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { decodeCmdlog } from "@assay/protocol";
import { driver } from "../src";
import { makeDrive, temporaryFolder } from "./bench-drive";
import { disagreements, layBusTrace, readBusTrace } from "./bus-trace";

const KILLS = 100;
const BUS_RECORDS = 16_384;
/** Of native/test/victim.cc. */
const DEPTH = 8;
const ADMIN_DEPTH = 127;
/** What it asks the admin queue; the driver sends other commands there itself, which no recorder has. */
const GET_FEATURES = 0x0a;
const LONGEST_LIFE_MS = 60;
const MOST_COMMANDS = 6000;

const root = join(__dirname, "..");
const program = join(root, "build", "native_test");

beforeAll(() => {
  execFileSync("make", ["-s", "-C", root, "unit", `NODE=${process.execPath}`], { stdio: "inherit" });
}, 600_000);

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The same sequence each time: which moment that is depends on the machine, not on the test. */
const dice = (round: number, below: number) => ((round * 7919) % 101) * (below / 100);

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Commands that the recorder of the first I/O queue has seen. */
function recorded(): number {
  const path = join(folder, "1.cmdlog");
  const head = existsSync(path) ? readFileSync(path).subarray(0, 48) : Buffer.alloc(0);
  return head.length < 48 ? 0 : Number(head.readBigUInt64LE(40));
}

/** Half of them die in the middle of their work, after so many commands; the others some time after their start. */
async function liveAndDie(seed: number, moment: { commands: number } | { ms: number }): Promise<void> {
  const victim = spawn(program, ["victim", folder, String(seed)], { stdio: ["ignore", "ignore", "inherit"] });
  const ended = once(victim, "exit");
  if ("ms" in moment) await pause(moment.ms);
  else while (recorded() < moment.commands) await pause(1);
  victim.kill("SIGKILL");
  expect(await ended).toEqual([null, "SIGKILL"]);
}

test("after each of a hundred deaths the flight recorders are readable and agree with what the drive executed", async () => {
  let compared = 0;
  let asked = 0;
  let cutInFlight = 0;
  for (let round = 0; round < KILLS; round++) {
    for (const name of readdirSync(folder)) rmSync(join(folder, name));
    const drive = await makeDrive(folder, { capacityBytes: 2n << 20n }, "drive");
    layBusTrace(drive, BUS_RECORDS);
    await liveAndDie(
      round + 1,
      round % 2 === 0 ? { commands: 1 + dice(round, MOST_COMMANDS) } : { ms: dice(round, LONGEST_LIFE_MS) },
    );
    const { whole, queues } = readBusTrace(drive);
    for (const [qid, driven] of queues) {
      const path = join(folder, `${qid}.cmdlog`);
      // The controller's own bring-up comes before the first recorder; each I/O queue has its own before its first command.
      if (qid === 0 && !existsSync(path)) continue;
      const admin = (command: { opcode: number }) => qid !== 0 || command.opcode === GET_FEATURES;
      const entries = decodeCmdlog(readFileSync(path)).entries.filter(admin);
      const limits = { whole, depth: qid === 0 ? ADMIN_DEPTH : DEPTH };
      expect({ round, qid, faults: disagreements(entries, driven.filter(admin), limits) }).toEqual({
        round,
        qid,
        faults: [],
      });
      if (qid === 0) asked += entries.length;
      else compared += Math.min(entries.length, driven.length);
      if (entries.some((entry) => entry.outstanding)) cutInFlight++;
    }
    // And the drive is whole: it opens again.
    await (await driver.open({ transport: "model", path: drive })).close();
  }
  // Deaths that met nobody at work would prove nothing.
  expect(compared).toBeGreaterThan(KILLS * DEPTH);
  expect(asked).toBeGreaterThan(KILLS);
  expect(cutInFlight).toBeGreaterThan(KILLS / 10);
}, 600_000);

test("a recorder that leaves out a command, invents one or tells another status disagrees", async () => {
  const drive = await makeDrive(folder, { capacityBytes: 2n << 20n }, "drive");
  layBusTrace(drive, BUS_RECORDS);
  await liveAndDie(1, { commands: 64 * DEPTH });
  const { whole, queues } = readBusTrace(drive);
  const driven = queues.get(1)!;
  const { entries } = decodeCmdlog(readFileSync(join(folder, "1.cmdlog")));
  const limits = { whole, depth: DEPTH };
  const middle = entries.findLastIndex(
    (entry, n) => n < entries.length - 4 * DEPTH && !entry.local && !entry.outstanding,
  );
  expect(middle).toBeGreaterThan(0);
  const at = entries[middle]!;
  expect(disagreements(entries, driven, limits)).toEqual([]);
  expect(disagreements(entries.toSpliced(middle, 1), driven, limits)).not.toEqual([]);
  expect(disagreements(entries.toSpliced(middle, 0, { ...at, opcode: 0x77 }), driven, limits)).not.toEqual([]);
  expect(disagreements(entries.with(middle, { ...at, sc: 0x80 }), driven, limits)).not.toEqual([]);
}, 60_000);
