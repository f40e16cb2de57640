/** The power of a drive through `Subsystem`: the software drive's own switch, and hooks of the lab. */
import { type Controller, driver, expectStatus, field, Subsystem } from "../src";
import { codeOf, withDrive, worker } from "./bench-drive";

const smart = async (controller: Controller) => (await controller.getLogPage(2, 512)).data;

test("off ends the worker, on brings the same controller, queue pair and namespace back", () =>
  withDrive({}, async ({ controller, ns, qpair, drive }) => {
    const before = await smart(controller);
    const subsystem = new Subsystem(controller);
    const handle = ns.startIoWorker(worker({ timeMs: 60_000, sampleMs: 10 }));
    for await (const event of handle) if (event.type === "sample") break;
    await subsystem.powerOff();
    expect((await handle.result).end).toBe("terminated");
    expect((await driver.modelPowerState(drive)).power).toBe("off");
    expect(await ns.read(qpair, 0n, new Uint8Array(512))).toMatchObject({ local: true, sct: 7, sc: 0x82 });
    expect(await subsystem.powerOn()).toMatchObject({ ok: true });
    expectStatus(await ns.read(qpair, 0n, new Uint8Array(512)));
    const after = await smart(controller);
    expect(field(after, 127, 112) - field(before, 127, 112)).toBe(1n);
    expect(field(after, 159, 144) - field(before, 159, 144)).toBe(1n);
  }));

test("a cycle calls the lab's hooks in order, with the I/O still in flight, and waits for a drive that appears late", () =>
  withDrive({}, async ({ controller, ns, drive }) => {
    const called: string[] = [];
    const handle = ns.startIoWorker(worker({ timeMs: 60_000, sampleMs: 10 }));
    for await (const event of handle) if (event.type === "sample") break;
    let ended = false;
    void handle.result.then(() => (ended = true));
    const subsystem = new Subsystem(controller, {
      async powerOff() {
        called.push(`off, worker ${ended ? "ended" : "running"}`);
        await driver.modelPower(drive, "off");
      },
      powerOn() {
        called.push("on");
        setTimeout(() => void driver.modelPower(drive, "on"), 50);
      },
    });
    expect(await subsystem.powerCycle({ offMs: 0 })).toMatchObject({ ok: true });
    expect(called).toEqual(["off, worker running", "on"]);
    expect((await handle.result).end).toBe("terminated");
    expect((await ns.startIoWorker(worker({ ioCount: 100 })).result).end).toBe("done");
  }));

test("a drive that never comes back, a hook that fails and nonsense are errors", () =>
  withDrive({}, async ({ controller, drive }) => {
    const dead = new Subsystem(controller, { powerOff: () => driver.modelPower(drive, "off"), powerOn: () => {} });
    expect(await codeOf(() => dead.powerCycle({ offMs: 0, appearMs: 50 }))).toBe("ERR_POWER_OFF");
    const broken = new Subsystem(controller, {
      powerOff: () => Promise.reject(new Error("the relay is stuck")),
      powerOn: () => {},
    });
    await expect(broken.powerOff()).rejects.toThrow("the relay is stuck");
    expect(await codeOf(() => new Subsystem(controller, {} as never))).toBe("ERR_ARGUMENT");
    expect(await codeOf(() => dead.powerCycle({ offMs: -1 }))).toBe("ERR_ARGUMENT");
    const address = { transport: "spdk-pcie" as const, address: "0000:01:00.0" };
    const elsewhere = Object.create(controller, { address: { value: address } });
    await expect(new Subsystem(elsewhere as never).powerOff()).rejects.toMatchObject({
      code: "ERR_UNSUPPORTED",
      message: "spdk-pcie: nothing here switches this drive's power, give Subsystem hooks",
    });
  }));
