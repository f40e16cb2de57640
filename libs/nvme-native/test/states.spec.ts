/** Every call against every state a driver object can be in: what it must end with. */
import { driver, Subsystem } from "../src";
import { type Bench, codeOf, withDrive, worker } from "./bench-drive";

type Call = [name: string, act: (bench: Bench) => unknown];

const calls: Call[] = [
  ["identify", ({ controller }) => controller.identify()],
  ["activeNamespaces", ({ controller }) => controller.activeNamespaces()],
  ["namespace", ({ controller }) => controller.namespace(1)],
  ["readRegister", ({ controller }) => controller.readRegister(0x1c, 4)],
  ["writeRegister", ({ controller }) => controller.writeRegister(0x0c, 0n, 4)],
  ["registers", ({ controller }) => controller.registers()],
  ["admin", ({ controller }) => controller.admin({ opcode: 0x0a, cdw10: 7 })],
  ["getFeature", ({ controller }) => controller.getFeature(7)],
  ["setFeature", ({ controller }) => controller.setFeature(5, 0)],
  ["getLogPage", ({ controller }) => controller.getLogPage(2, 512)],
  ["format", ({ controller }) => controller.format(1, { lbaFormat: 0 })],
  ["reset", ({ controller }) => controller.reset()],
  ["reopen", ({ controller }) => controller.reopen()],
  ["createQpair", ({ controller }) => controller.createQpair({ depth: 4 })],
  ["delete", ({ qpair }) => qpair.delete()],
  ["read", ({ ns, qpair }) => ns.read(qpair, 0n, new Uint8Array(512))],
  ["write", ({ ns, qpair }) => ns.write(qpair, 0n, new Uint8Array(512))],
  ["compare", ({ ns, qpair }) => ns.compare(qpair, 0n, new Uint8Array(512))],
  ["flush", ({ ns, qpair }) => ns.flush(qpair)],
  ["writeZeroes", ({ ns, qpair }) => ns.writeZeroes(qpair, 0n, 1)],
  ["deallocate", ({ ns, qpair }) => ns.deallocate(qpair, [{ slba: 0n, lbaCount: 1 }])],
  ["io", ({ ns, qpair }) => ns.io(qpair, { opcode: 0 })],
  ["openVerifyTable", ({ ns, folder }) => ns.openVerifyTable(`${folder}/t.verify`, 1n)],
  ["verify", ({ ns }) => ns.verify({ rule: "exact", regionStartLba: 0n, regionLbas: 1n, written: true })],
  ["syncVerifyTable", ({ ns }) => ns.syncVerifyTable()],
  ["verifyReads", ({ ns }) => ns.verifyReads(true)],
  ["startIoWorker", ({ ns }) => ns.startIoWorker(worker({ ioCount: 1 })).result],
  ["powerOff", ({ controller }) => new Subsystem(controller).powerOff()],
  ["powerCycle", ({ controller }) => new Subsystem(controller).powerCycle({ offMs: 0 })],
  ["close", ({ controller }) => controller.close()],
];

/** What each call ends with; `null`: it succeeds (perhaps with a completion that carries a status). */
const expected: Record<string, Record<"open" | "closed" | "deleted qpair" | "no power", string | null>> = {};
for (const [name] of calls)
  expected[name] = { open: null, closed: "ERR_CLOSED", "deleted qpair": null, "no power": null };
for (const name of ["delete", "read", "write", "compare", "flush", "writeZeroes", "deallocate", "io"])
  expected[name]!["deleted qpair"] = "ERR_CLOSED";
// There is no table.
for (const name of ["verify", "syncVerifyTable", "verifyReads"])
  expected[name] = {
    open: "ERR_ARGUMENT",
    closed: "ERR_CLOSED",
    "deleted qpair": "ERR_ARGUMENT",
    "no power": "ERR_ARGUMENT",
  };
for (const name of ["readRegister", "writeRegister", "registers", "createQpair"])
  expected[name]!["no power"] = "ERR_GONE";
for (const name of ["identify", "activeNamespaces", "namespace"]) expected[name]!["no power"] = "ERR_OPEN";
expected.reopen!["no power"] = "ERR_POWER_OFF";

const states: [keyof (typeof expected)[string], (bench: Bench) => Promise<unknown>][] = [
  ["open", async () => {}],
  ["closed", ({ controller }) => controller.close()],
  ["deleted qpair", ({ qpair }) => qpair.delete()],
  ["no power", ({ drive }) => driver.modelPower(drive, "off")],
];

describe.each(states)("in the state '%s'", (state, enter) => {
  test.each(calls)("%s", (name, act) =>
    withDrive({}, async (bench) => {
      await enter(bench);
      expect(await codeOf(() => act(bench))).toBe(expected[name]![state]);
    }),
  );
});

test("without power commands complete locally, and a reset reports that it failed", () =>
  withDrive({}, async ({ ns, qpair, controller, drive }) => {
    await driver.modelPower(drive, "off");
    expect(await ns.read(qpair, 0n, new Uint8Array(512))).toMatchObject({ local: true, sct: 7, sc: 0x82 });
    expect(await controller.admin({ opcode: 0x0a, cdw10: 7 })).toMatchObject({ local: true, sct: 7, sc: 0x82 });
    expect(await controller.reset()).toMatchObject({ ok: false, reason: expect.stringContaining("power") });
    await driver.modelPower(drive, "on");
    await controller.reopen();
    expect(await ns.read(qpair, 0n, new Uint8Array(512))).toMatchObject({ local: false, sct: 0, sc: 0 });
  }));

test("closing settles what is outstanding at a drive that stands still", () =>
  withDrive(
    { spec: { faults: [{ kind: "stall", afterCommands: 500, ms: 60_000 }] } },
    async ({ ns, qpair, controller }) => {
      const handle = ns.startIoWorker(worker({ timeMs: 60_000, sampleMs: 50 }));
      for await (const event of handle) {
        if (event.type === "sample" && event.sample.reads + event.sample.writes === 0) break;
      }
      const reads = Array.from({ length: 64 }, (_, i) => ns.read(qpair, BigInt(i), new Uint8Array(512)));
      const event = controller.admin({ opcode: 0x0c });
      await controller.close();
      for (const completion of await Promise.all(reads))
        expect(completion).toMatchObject({ local: true, sct: 7, sc: 0x82 });
      expect(await handle.result).toMatchObject({ end: "terminated", inFlight: 16, errors: [] });
      expect((await event).local).toBe(true);
    },
  ));
