/** A machine that stops in the middle of a long run: what its verify table still knows. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { driver } from "@assay/nvme-native";
import { runDirectory } from "../../src/runner/directory-run";
import { tableSeed } from "../../src/runner/drive";
import { keepTablesSynced, TABLE_SYNC_MS } from "../../src/runner/table-sync";
import { Bench, bodies, ending, hostOf, IDENTITY, plan, request } from "./bench";

jest.setTimeout(120_000);

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});
afterEach(() => bench.remove());

const LBAS = 8192n;
const FIRST = "region: 4MiB",
  SECOND = "offset: 4MiB, region: 4MiB";
/** Fills one half and then writes in the other one for as long as it is let. */
const LONG = plan(`
effects: [writes]
steps:
  - ioworker: {id: fill, size: 64KiB, random: 0%, read: 0%, depth: 4, ${FIRST}, passes: 1, verify: true}
  - ioworker: {id: soak, size: 4KiB, random: 100%, read: 0%, depth: 4, ${SECOND}, time: 1h, sample: 100ms, verify: true}
`);
const written = { rule: "exact", regionLbas: LBAS, written: true } as const;

/** As the table is found after another boot. */
function leftBehind(): string {
  const tables = join(bench.root, "tables");
  const bytes = readFileSync(join(tables, readdirSync(tables)[0]!));
  const bootId = readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
  const at = bytes.indexOf(bootId);
  expect(at).toBeGreaterThan(0);
  bytes.write("f".repeat(bootId.length), at);
  const path = join(bench.root, "left-behind.verify");
  writeFileSync(path, bytes);
  return path;
}

/** Runs the plan and pulls the plug when its tables were synced so often while it was soaking; gives what was left of them. */
async function stopAfter(syncs: number): Promise<string> {
  await bench.makeDrive(driver);
  const directory = bench.order(LONG);
  const host = hostOf(driver);
  const soaking = () => bodies(directory, "samples").some(({ path }) => path === "soak");
  let passed = 0;
  let left = "";
  const sleep = async (ms: number, signal: AbortSignal) => {
    if (ms !== TABLE_SYNC_MS) return host.clock.sleep(ms, signal);
    do await host.clock.sleep(20, signal);
    while (!soaking());
    if (passed++ < syncs) return;
    left = leftBehind();
    request(directory, "cancel");
    // No sync any more.
    await host.clock.sleep(ms, signal);
  };
  await runDirectory(directory, { ...host, clock: { ...host.clock, sleep } });
  expect(ending(directory)[0]).toBe("cancelled");
  return left;
}

test.each([
  [
    "when its tables were synced twice, what was at rest is known",
    2,
    { violations: 0n, unknownLbas: 0n, checkedLbas: LBAS },
  ],
  ["when they were not, it is unknown, and no miscompare", 0, { violations: 0n, unknownLbas: LBAS, checkedLbas: 0n }],
])("%s", async (_, syncs, found) => {
  const left = await stopAfter(syncs);
  const drive = await driver.open({ transport: "model", path: join(bench.root, "bay-1.drive") });
  try {
    const ns = await drive.namespace(1);
    await ns.openVerifyTable(left, tableSeed(IDENTITY.serial, 1));
    expect(await ns.verify({ ...written, regionStartLba: 0n })).toMatchObject(found);
    // Nothing is believed of what went on changing.
    expect(await ns.verify({ ...written, regionStartLba: LBAS })).toMatchObject({ violations: 0n, checkedLbas: 0n });
  } finally {
    await drive.close();
  }
});

test("a disk that does not take a table is a warning, and the next sync tries again; after the end there is none", async () => {
  const ended = new AbortController();
  const warnings: string[] = [];
  let tries = 0;
  const drive = {
    syncTables: async () => {
      if (++tries === 3) ended.abort();
      throw new Error("no space");
    },
  };
  const clock = { sleep: async (_: number, signal: AbortSignal) => signal.throwIfAborted() };
  await keepTablesSynced(drive, clock, { log: (_, text) => warnings.push(text) }, ended.signal);
  expect(tries).toBe(3);
  expect(warnings).toEqual(Array(2).fill("the verify tables did not reach the disk: no space"));
});
