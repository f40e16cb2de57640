/** What the software drive does beside what the conformance suite shows: planted failures, resets, refusals. */
import { AdminCommands, type Controller, expectStatus, field, Subsystem } from "../src";
import { withDrive } from "./bench-drive";

jest.setTimeout(60_000);

/** Long enough that a read is still at work when the notification comes. */
const SLOW_READS = { readUs: 3_000_000, writeUs: 1, flushUs: 1, jitterPercent: 0 };
const sector = () => new Uint8Array(512);
const log = async (controller: Controller, lid: number, bytes: number) => {
  const { completion, data } = await controller.getLogPage(lid, bytes);
  expectStatus(completion);
  return data;
};
const powerCycles = async (controller: Controller) => field(await log(controller, 2, 512), 127, 112);
const image = (revision: string, bytes = 8192) => {
  const data = new Uint8Array(bytes).fill(0x5a);
  data.set(Buffer.from(`ASSAYFW1${revision.padEnd(8)}`));
  return data;
};

test("B026 a subsystem reset leaves I/O working and counts no power cycle", () =>
  withDrive({}, async ({ controller, ns, qpair }) => {
    const before = await powerCycles(controller);
    expectStatus(await ns.write(qpair, 7n, sector().fill(7)));
    expect(await new Subsystem(controller).reset()).toMatchObject({ ok: true });
    const data = sector();
    expectStatus(await ns.read(qpair, 7n, data));
    expect(data[0]).toBe(7);
    expect(await powerCycles(controller)).toBe(before);
    expect((await controller.readRegister(0x1c, 4)) & 16n).toBe(16n);
    await controller.writeRegister(0x1c, 16n, 4);
    expect(await controller.readRegister(0x1c, 4)).toBe(1n);
  }));

test("B026 a drive without subsystem reset is not written to", async () => {
  const written: number[] = [];
  const controller = {
    identity: {} as Controller["identity"],
    readRegister: async () => 0n,
    writeRegister: async (offset: number) => void written.push(offset),
    reset: () => Promise.reject(new Error("not asked for")),
    reopen: () => Promise.reject(new Error("not asked for")),
    address: { transport: "spdk-pcie", address: "0000:01:00.0" } as const,
  };
  expect(await new Subsystem(controller).reset()).toMatchObject({
    ok: false,
    reason: expect.stringContaining("NSSRS"),
  });
  expect(written).toEqual([]);
});

test.each([false, true])("B029 a shutdown notification is answered (abrupt: %s), a reset makes usable", (abrupt) =>
  withDrive({}, async ({ controller, ns, qpair }) => {
    const before = await powerCycles(controller);
    expect(await new Subsystem(controller).shutdownNotify({ abrupt })).toMatchObject({ ok: true });
    expect(await controller.reset()).toMatchObject({ ok: true });
    expectStatus(await ns.read(qpair, 0n, sector()));
    expect(await powerCycles(controller)).toBe(before);
  }),
);

test.each([false, true])(
  "after a shutdown nothing is executed until the controller is enabled anew (abrupt: %s)",
  (abrupt) =>
    withDrive({ spec: { latency: SLOW_READS } }, async ({ controller, ns, qpair }) => {
      const [before, after] = [sector().fill(1), sector().fill(2)];
      expectStatus(await ns.write(qpair, 0n, before));
      await controller.setTimeoutMs(300);
      const atWork = ns.read(qpair, 0n, sector());
      const events = controller.admin({ opcode: 0x0c });
      expect(await qpair.outstanding()).toHaveLength(1);
      expect(await new Subsystem(controller).shutdownNotify({ abrupt })).toMatchObject({ ok: true });
      const late = [atWork, ns.write(qpair, 0n, after), controller.getFeature(7)];
      for (const completion of await Promise.all(late)) expectStatus(completion, 7, 0x80);
      await controller.setTimeoutMs(10_000);
      expect(await controller.reset()).toMatchObject({ ok: true });
      expectStatus(await events, 7, 0x82);
      expectStatus(await ns.compare(qpair, 0n, before));
    }),
);

test("a planted failure of the activation keeps the old firmware and is told as an event", () =>
  withDrive({ spec: { faults: [{ kind: "failed-activation", times: 1 }] } }, async ({ controller }) => {
    const commands = new AdminCommands(controller);
    expectStatus((await commands.downloadFirmware(image("2.0"), { slot: 2, action: 1 })).completion);
    await controller.reset();
    expect((await controller.identify()).firmware).toBe("1.0");
    expect((await commands.events().next()).value).toMatchObject({ cdw0: 0x0003_0500, type: 0, info: 5, logPage: 3 });
    expectStatus(await commands.firmwareCommit({ slot: 2, action: 2 }));
    await controller.reset();
    expect((await controller.identify()).firmware).toBe("2.0");
  }));

test("a sanitize that Identify does not name is refused", () =>
  withDrive({}, async ({ controller }) => {
    // Crypto erase, block erase, overwrite; NODMMAS 1: nothing else changes the medium.
    expect(field(controller.identity.raw, 331, 328)).toBe(0x4000_0007n);
    expectStatus(await controller.admin({ opcode: 0x84, cdw10: 5 }), 0, 2);
  }));
