/** The Lockdown command and its log, 14h: what an administrator's software takes from everybody until the power goes. */
import { driver, expectStatus, field, readLockdown, Subsystem, statusName } from "../src";
import { type Bench, withDrive, worker } from "./bench-drive";

const FORMAT = 0x80;
const SANITIZE = 0x84;
const IDENTIFY = 0x06;
const WRITE_CACHE = 0x06;
const PROHIBITED = [0, 0x23] as const;

const prohibit = async ({ controller }: Bench, identifier: number, scope = 0, more: object = {}) =>
  controller.commands.lockdown({ prohibit: true, scope, identifier, ...more });

test("a command that is prohibited is refused and does nothing, until it is allowed again", () =>
  withDrive({}, async (bench) => {
    const { controller, ns, qpair, folder } = bench;
    expect(field(controller.identity.raw, 257, 256) & 0x400n).toBe(0x400n);
    expect(await readLockdown(controller)).toEqual([]);
    await ns.openVerifyTable(`${folder}/t.verify`, 1n);
    await ns.startIoWorker(worker({ readPercent: 0, randomPercent: 0, regionLbas: 64n, passes: 1, verify: true }))
      .result;
    expectStatus(await prohibit(bench, FORMAT));
    expect(await readLockdown(controller)).toEqual([FORMAT]);
    expectStatus(await controller.format(1, { lbaFormat: 0 }), ...PROHIBITED);
    // The table still knows what is there.
    const all = { rule: "exact" as const, regionStartLba: 0n, regionLbas: 64n, written: true };
    expect(await ns.verify(all)).toMatchObject({ checkedLbas: 64n, violations: 0n, coveragePercent: 100 });
    expectStatus(await ns.flush(qpair));
    expectStatus(await controller.commands.lockdown({ prohibit: false, scope: 0, identifier: FORMAT }));
    expectStatus(await controller.format(1, { lbaFormat: 0 }));
    expect(statusName(...PROHIBITED)).toBe("Command Prohibited by Command and Feature Lockdown");
  }));

test("a feature that is prohibited can be read and not set, others can", () =>
  withDrive({}, async (bench) => {
    const { controller } = bench;
    expectStatus(await prohibit(bench, WRITE_CACHE, 2));
    expect(await readLockdown(controller, { scope: "feature" })).toEqual([WRITE_CACHE]);
    expectStatus(await controller.setFeature(WRITE_CACHE, 0), ...PROHIBITED);
    expect(expectStatus(await controller.getFeature(WRITE_CACHE)).cdw0).toBe(1);
    expectStatus(await controller.setFeature(5, 7));
  }));

test("what cannot be prohibited is told, in the log and by its own status", () =>
  withDrive({}, async (bench) => {
    const { controller } = bench;
    const commands = await readLockdown(controller, { list: "lockable" });
    expect(commands).toEqual(expect.arrayContaining([FORMAT, SANITIZE, 0x10, 0x11]));
    expect(commands).not.toContain(IDENTIFY);
    const features = await readLockdown(controller, { scope: "feature", list: "lockable" });
    expect(features).toContain(WRITE_CACHE);
    expect(features).not.toContain(0x19);
    expectStatus(await prohibit(bench, IDENTIFY), 1, 0x28);
    expectStatus(await prohibit(bench, 0x19, 2), 1, 0x28);
    // Nobody is there out of band.
    expectStatus(await prohibit(bench, FORMAT, 0, { interface: 1 }), 1, 0x28);
    expectStatus(await prohibit(bench, 0, 3), 1, 0x28);
    expectStatus(await prohibit(bench, FORMAT, 1), 0, 0x02);
    expectStatus(await prohibit(bench, FORMAT, 0, { interface: 3 }), 0, 0x02);
    expectStatus(await prohibit(bench, FORMAT, 0, { uuidIndex: 1 }), 0, 0x02);
    expect(await readLockdown(controller)).toEqual([]);
    expect(await readLockdown(controller, { list: "prohibitedOutOfBand" })).toEqual([]);
    expectStatus((await controller.getLogPage(0x14, 512, { lsp: 0x31 })).completion, 0, 0x02);
  }));

test("it holds through resets and the death of its process, and ends with the power", () =>
  withDrive({}, async (bench) => {
    const { controller, drive } = bench;
    expectStatus(await prohibit(bench, SANITIZE));
    await controller.reset();
    await new Subsystem(controller).reset();
    expectStatus(await controller.commands.sanitize("blockErase"), ...PROHIBITED);
    await controller.reopen();
    expect(await readLockdown(controller)).toEqual([SANITIZE]);
    await driver.modelPower(drive, "off");
    await driver.modelPower(drive, "on");
    await controller.reopen();
    expect(await readLockdown(controller)).toEqual([]);
    expectStatus(await controller.commands.sanitize("blockErase"));
  }));
