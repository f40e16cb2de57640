/** What the software drive does beside reading and writing: events, sanitize, self-test, firmware, power states, resets. */
import { AdminCommands, type Controller, driver, expectStatus, field, fieldText, Subsystem, statusText } from "../src";
import { withDrive } from "./bench-drive";

jest.setTimeout(60_000);

const sector = () => new Uint8Array(512);
const log = async (controller: Controller, lid: number, bytes: number) => {
  const { completion, data } = await controller.getLogPage(lid, bytes);
  expectStatus(completion);
  return data;
};
const sanitizeStatus = async (controller: Controller) => Number(field(await log(controller, 0x81, 512), 3, 2)) & 7;
const powerCycles = async (controller: Controller) => field(await log(controller, 2, 512), 127, 112);
/** Reads until `done`, gives all that was seen. */
async function watch<T>(read: () => Promise<T>, done: (value: T) => boolean): Promise<T[]> {
  const seen: T[] = [];
  do {
    seen.push(await read());
    await new Promise((resolve) => setTimeout(resolve, 2));
  } while (!done(seen.at(-1)!));
  return seen;
}
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

test("B042 every power state can be set and read back, and formats there", () =>
  withDrive({}, async ({ controller }) => {
    const states = controller.identity.raw[263]!;
    expect(states).toBeGreaterThan(0);
    for (let state = states; state >= 0; state--) {
      expectStatus(await controller.setFeature(2, state));
      expect((await controller.getFeature(2)).cdw0).toBe(state);
      for (const secureErase of [0, 1] as const)
        expect(expectStatus(await controller.format(1, { lbaFormat: 0, secureErase })).cdw0).toBe(0);
    }
    expect(statusText(await controller.setFeature(2, states + 1))).toBe("00/02");
  }));

test("B042 I/O brings the drive back to its newest operational state", () =>
  withDrive({}, async ({ controller, ns, qpair }) => {
    await controller.setFeature(2, 1);
    await controller.setFeature(2, 4);
    expectStatus(await ns.read(qpair, 0n, sector()));
    expect((await controller.getFeature(2)).cdw0).toBe(1);
  }));

test("B055 overlapping and odd pieces of firmware are refused and nothing hangs", () =>
  withDrive({}, async ({ controller }) => {
    const commands = new AdminCommands(controller);
    expectStatus(await commands.firmwareDownload(sector(), 0));
    expectStatus(await commands.firmwareDownload(sector(), 256), 1, 0x14);
    expectStatus(await commands.firmwareDownload(sector(), 1024));
    expectStatus(await commands.firmwareCommit({ slot: 1, action: 1 }), 1, 0x07);
    expectStatus(await commands.firmwareCommit({ slot: 5, action: 1 }), 1, 0x06);
    expectStatus(await commands.firmwareCommit({ slot: 3, action: 2 }), 1, 0x06);
  }));

test("firmware in a slot becomes active at the next reset, or at once", () =>
  withDrive({}, async ({ controller }) => {
    const commands = new AdminCommands(controller);
    const slots = async () => {
      const page = await log(controller, 3, 512);
      return [page[0], fieldText(page, 15, 8), fieldText(page, 23, 16), fieldText(page, 31, 24)];
    };
    expect(await slots()).toEqual([1, "1.0", "", ""]);
    expectStatus((await commands.downloadFirmware(image("2.0"), { slot: 2, action: 1 })).completion);
    expect(await slots()).toEqual([0x21, "1.0", "2.0", ""]);
    expect((await controller.identify()).firmware).toBe("1.0");
    await controller.reset();
    expect((await controller.identify()).firmware).toBe("2.0");
    expectStatus((await commands.downloadFirmware(image("3.0"), { slot: 3, action: 3 })).completion);
    expect((await controller.identify()).firmware).toBe("3.0");
    expectStatus(await commands.firmwareCommit({ slot: 1, action: 2 }));
    await controller.reset();
    expect((await controller.identify()).firmware).toBe("1.0");
    expect(await slots()).toEqual([1, "1.0", "2.0", "3.0"]);
  }));

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

describe("B057 device self-test", () => {
  const state = async (controller: Controller) => {
    const page = await log(controller, 6, 564);
    return { runs: page[0]!, percent: page[1]!, newest: page[4]!, nsid: Number(field(page, 19, 16)) };
  };

  test.each([
    ["short", 0, 0x10],
    ["short", 1, 0x10],
    ["short", 0xffff_ffff, 0x10],
    ["extended", 1, 0x20],
  ] as const)("%s over nsid %i runs to its end without error", (kind, nsid, newest) =>
    withDrive({}, async ({ controller }) => {
      const commands = new AdminCommands(controller);
      expectStatus(await commands.deviceSelfTest(kind, nsid));
      const seen = await watch(
        () => state(controller),
        ({ runs }) => runs === 0,
      );
      const percents = seen.filter(({ runs }) => runs !== 0).map(({ percent }) => percent);
      expect(percents).toEqual([...percents].sort((a, b) => a - b));
      expect(seen.at(-1)).toMatchObject({ newest, nsid });
    }),
  );

  test("a second one is refused, an abort and a reset are told in the log, an extended one goes on over a reset", () =>
    withDrive({}, async ({ controller }) => {
      const commands = new AdminCommands(controller);
      expectStatus(await commands.deviceSelfTest("extended"));
      expectStatus(await commands.deviceSelfTest("short"), 1, 0x1d);
      await controller.reset();
      expect((await state(controller)).runs).toBe(2);
      expectStatus(await commands.deviceSelfTest("abort"));
      expect(await state(controller)).toMatchObject({ runs: 0, newest: 0x21 });
      expectStatus(await commands.deviceSelfTest("extended"));
      expectStatus(await controller.format(1, { lbaFormat: 0 }));
      expect(await state(controller)).toMatchObject({ runs: 0, newest: 0x24 });
    }));
});

describe("sanitize", () => {
  test("B058 a block erase runs, refuses I/O meanwhile, tells its end as an event and leaves zeroes", () =>
    withDrive({}, async ({ controller, ns, qpair }) => {
      const commands = new AdminCommands(controller);
      expect(await sanitizeStatus(controller)).toBe(0);
      expectStatus(await ns.write(qpair, 11n, sector().fill(9)));
      const event = commands.events().next();
      expectStatus(await commands.sanitize("blockErase"));
      expectStatus(await ns.read(qpair, 11n, sector()), 0, 0x1d);
      expectStatus(await controller.format(1, { lbaFormat: 0 }), 0, 0x1d);
      const seen = await watch(
        async () => {
          const page = await log(controller, 0x81, 512);
          return { status: Number(field(page, 3, 2)) & 7, progress: Number(field(page, 1, 0)) };
        },
        ({ status }) => status !== 2,
      );
      const progress = seen.map((at) => at.progress);
      expect(progress).toEqual([...progress].sort((a, b) => a - b));
      expect(seen[0]).toMatchObject({ status: 2 });
      expect(seen.at(-1)).toEqual({ status: 1, progress: 0xffff });
      expect((await event).value).toMatchObject({ cdw0: 0x0081_0106, type: 6, info: 1, logPage: 0x81 });
      const data = sector().fill(1);
      expectStatus(await ns.read(qpair, 11n, data));
      expect(data.every((byte) => byte === 0)).toBe(true);
    }));

  test("B059 a power cut in the middle does not end it: it goes on and the data are gone", () =>
    withDrive({}, async ({ controller, ns, qpair, drive }) => {
      const commands = new AdminCommands(controller);
      expectStatus(await ns.write(qpair, 11n, sector().fill(9), { fua: true }));
      expectStatus(await commands.sanitize("cryptoErase"));
      await driver.modelPower(drive, "off");
      await driver.modelPower(drive, "on");
      await controller.reopen();
      expect(
        (
          await watch(
            () => sanitizeStatus(controller),
            (status) => status !== 2,
          )
        ).at(-1),
      ).toBe(1);
      const data = sector().fill(1);
      expectStatus(await ns.read(qpair, 11n, data));
      expect(data.every((byte) => byte === 0)).toBe(true);
    }));

  test("an overwrite is refused, as Identify says", () =>
    withDrive({}, async ({ controller }) => {
      expect(field(controller.identity.raw, 331, 328)).toBe(3n);
      expectStatus(await new AdminCommands(controller).sanitize("overwrite"), 0, 2);
    }));
});

test("B049 a second event of a type waits until the log page of the first was read", () =>
  withDrive({}, async ({ controller }) => {
    const commands = new AdminCommands(controller);
    const events = commands.events();
    for (let i = 0; i < 2; i++) {
      expectStatus(await commands.sanitize("blockErase"));
      expect((await events.next()).value).toMatchObject({ cdw0: 0x0081_0106 });
      expect(await sanitizeStatus(controller)).toBe(1);
    }
    expectStatus(await controller.getFeature(7));
  }));

test("B054 what the drive says it supports is what it executes", () =>
  withDrive({}, async ({ controller, ns, qpair }) => {
    const commands = new AdminCommands(controller);
    for (const opcode of [0x10, 0x11, 0x14, 0x84, 0x80, 0x06]) expect(await commands.supports(opcode)).toBe(true);
    for (const opcode of [0xff, 0x7f, 0x24]) {
      expect(await commands.supports(opcode)).toBe(false);
      expectStatus(await controller.admin({ opcode }), 0, 1);
    }
    expect(await commands.supports(0xff, "io")).toBe(false);
    expectStatus(await ns.io(qpair, { opcode: 0xff }), 0, 1);
  }));
