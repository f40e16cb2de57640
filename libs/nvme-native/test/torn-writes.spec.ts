/** Writes of several LBAs and a power loss: within the atomic unit (AWUPF) they come back whole, beyond it they need not. */
import { driver, type ModelDriveSpec, type VerifyResult } from "../src";
import { withDrive, worker } from "./bench-drive";

const UNIT = 8;
const CUTS = 25;

/** Cuts the power under verified writes of `bytes` and gives what the sweeps behind the cuts found, all together. */
async function cuts(spec: Partial<ModelDriveSpec>, bytes: number): Promise<VerifyResult[]> {
  const results: VerifyResult[] = [];
  await withDrive({ spec }, async ({ ns, controller, drive, folder }) => {
    await ns.openVerifyTable(`${folder}/t.verify`, 5n);
    for (let lap = 0; lap < CUTS; lap++) {
      const handle = ns.startIoWorker(
        worker({
          sizeBytes: bytes,
          readPercent: 20,
          alignLbas: 1,
          flushEvery: 200,
          verify: true,
          untilPowerLost: true,
          sampleMs: 10,
          seed: BigInt(lap),
        }),
      );
      for await (const event of handle) if (event.type === "sample") break;
      await driver.modelPower(drive, "off");
      expect(await handle.result).toMatchObject({ end: "terminated", miscompares: 0n, errors: [] });
      await driver.modelPower(drive, "on");
      expect((await controller.reopen()).ok).toBe(true);
      results.push(await ns.verify({ rule: "durable-or-newer", regionStartLba: 0n, regionLbas: 8192n, written: true }));
      expect(results.at(-1)!.coveragePercent).toBe(100);
    }
  });
  return results;
}
const violations = (results: VerifyResult[]) => results.reduce((sum, result) => sum + result.violations, 0n);
const older = (results: VerifyResult[]) => results.reduce((sum, result) => sum + result.older, 0n);

test.each(["torn", "reordered", "keep-prefix", "lose-all"] as const)(
  "a drive that keeps its atomic unit makes no miscompare when it loses by the policy %s",
  async (lossPolicy) => {
    const results = await cuts({ awupfLbas: UNIT, lossPolicy }, UNIT * 512);
    expect(violations(results)).toBe(0n);
    expect(older(results)).toBeGreaterThan(0n);
  },
  60_000,
);

test("a drive that tears writes within its atomic unit is found: torn writes, each LBA of which alone is legal", async () => {
  const results = await cuts(
    { awupfLbas: UNIT, lossPolicy: "reordered", faults: [{ kind: "torn-at-power-loss" }] },
    UNIT * 512,
  );
  expect(violations(results)).toBeGreaterThan(0n);
  for (const miscompare of results.flatMap((result) => result.miscompares)) {
    expect(miscompare).toMatchObject({ kind: "torn-write", expectedLba: miscompare.lba });
    expect(miscompare.expectedToken).not.toBe(miscompare.gotToken);
    expect(miscompare.expected).not.toBe(miscompare.got);
    expect(miscompare.lastWrites![0]).toMatchObject({ opcode: 1, lbaCount: UNIT });
  }
}, 60_000);

test("writes beyond the atomic unit may be torn", async () => {
  const results = await cuts(
    { awupfLbas: UNIT, lossPolicy: "reordered", faults: [{ kind: "torn-at-power-loss" }] },
    2 * UNIT * 512,
  );
  expect(violations(results)).toBe(0n);
}, 60_000);
