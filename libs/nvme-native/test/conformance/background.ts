/** Admin commands that go on after their completion: firmware, self-test, sanitize, format (B055 to B062). */
import { AdminCommands, type Controller, expectStatus, field, fieldText } from "../../src";
import { behaviour } from "./behaviour";

const sector = () => new Uint8Array(512);
const log = async (controller: Controller, lid: number, bytes: number) => {
  const { completion, data } = await controller.getLogPage(lid, bytes);
  expectStatus(completion);
  return data;
};

/** Reads until `done`, gives all that was seen. */
async function watch<T>(read: () => Promise<T>, done: (value: T) => boolean): Promise<T[]> {
  const seen: T[] = [];
  do {
    seen.push(await read());
    await new Promise((resolve) => setTimeout(resolve, 2));
  } while (!done(seen.at(-1)!));
  return seen;
}

const sanitizing = async (controller: Controller) => {
  const page = await log(controller, 0x81, 512);
  return { status: Number(field(page, 3, 2)) & 7, progress: Number(field(page, 1, 0)) };
};
const sanitized = (controller: Controller) =>
  watch(
    () => sanitizing(controller),
    ({ status }) => status !== 2,
  );

behaviour(
  "B055",
  "overlapping and odd pieces of firmware are refused and nothing hangs",
  { needs: ["firmware"] },
  async ({ controller }) => {
    const commands = new AdminCommands(controller);
    expectStatus(await commands.firmwareDownload(sector(), 0));
    expectStatus(await commands.firmwareDownload(sector(), 256), 1, 0x14);
    expectStatus(await commands.firmwareDownload(sector(), 1024));
    expectStatus(await commands.firmwareCommit({ slot: 1, action: 1 }), 1, 0x07);
    expectStatus(await commands.firmwareCommit({ slot: 5, action: 1 }), 1, 0x06);
    expectStatus(await commands.firmwareCommit({ slot: 3, action: 2 }), 1, 0x06);
    await expect(commands.firmwareDownload(new Uint8Array(10), 0)).rejects.toMatchObject({ code: "ERR_ARGUMENT" });
    for (const bytes of [12, 4096, 8192]) {
      const { sct, sc } = await commands.firmwareDownload(new Uint8Array(bytes), 0);
      expect(["0/0", "1/20"]).toContain(`${sct}/${sc}`);
    }
  },
);

const selfTest = async (controller: Controller) => {
  const page = await log(controller, 6, 564);
  return { runs: page[0]!, percent: page[1]!, newest: page[4]!, nsid: Number(field(page, 19, 16)) };
};

for (const [kind, nsid, newest] of [
  ["short", 0, 0x10],
  ["short", 1, 0x10],
  ["short", 0xffff_ffff, 0x10],
  ["extended", 1, 0x20],
] as const) {
  behaviour(
    "B057",
    `a self-test, ${kind}, over nsid ${nsid.toString(16)}h, runs to its end without error`,
    { needs: ["self-test"] },
    async ({ controller }) => {
      expectStatus(await controller.commands.deviceSelfTest(kind, nsid));
      const seen = await watch(
        () => selfTest(controller),
        ({ runs }) => runs === 0,
      );
      const percents = seen.filter(({ runs }) => runs !== 0).map(({ percent }) => percent);
      expect(percents.length).toBeGreaterThan(0);
      expect(percents).toEqual([...percents].sort((a, b) => a - b));
      expect(seen.at(-1)).toMatchObject({ newest, nsid });
    },
  );
}

behaviour(
  "B057",
  "a second self-test is refused, an abort is told in the log, an extended one goes on over a reset",
  { needs: ["self-test", "format"] },
  async ({ controller }) => {
    const { commands } = controller;
    expectStatus(await commands.deviceSelfTest("extended"));
    expectStatus(await commands.deviceSelfTest("short"), 1, 0x1d);
    await controller.reset();
    expect((await selfTest(controller)).runs).toBe(2);
    expectStatus(await commands.deviceSelfTest("abort"));
    expect(await selfTest(controller)).toMatchObject({ runs: 0, newest: 0x21 });
    expectStatus(await commands.deviceSelfTest("extended"));
    expectStatus(await controller.format(1, { lbaFormat: 0 }));
    expect(await selfTest(controller)).toMatchObject({ runs: 0, newest: 0x24 });
  },
);

behaviour(
  "B058",
  "a block erase runs, refuses I/O meanwhile, tells its end as an event and leaves zeroes",
  { needs: ["sanitize-block-erase", "format"] },
  async ({ controller, ns, qpair }) => {
    expect((await sanitizing(controller)).status).toBe(0);
    expectStatus(await ns.write(qpair, 11n, sector().fill(9)));
    const event = controller.commands.events().next();
    expectStatus(await controller.commands.sanitize("blockErase"));
    expectStatus(await ns.read(qpair, 11n, sector()), 0, 0x1d);
    expectStatus(await controller.format(1, { lbaFormat: 0 }), 0, 0x1d);
    const seen = await sanitized(controller);
    const progress = seen.map((at) => at.progress);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    expect(seen[0]).toMatchObject({ status: 2 });
    expect(seen.at(-1)).toEqual({ status: 1, progress: 0xffff });
    expect((await event).value).toMatchObject({ cdw0: 0x0081_0106, type: 6, info: 1, logPage: 0x81 });
    const data = sector().fill(1);
    expectStatus(await ns.read(qpair, 11n, data));
    expect(data.every((byte) => byte === 0)).toBe(true);
  },
);

for (const [passes, invertPattern, expected] of [
  [1, false, 0x5a],
  [2, true, 0xa5],
  [3, true, 0x5a],
] as const) {
  behaviour(
    "B058",
    `an overwrite of ${passes} ${passes === 1 ? "pass" : "passes"}${invertPattern ? ", inverted between them," : ""} leaves the last one where nothing is deallocated`,
    { needs: ["sanitize-overwrite"] },
    async ({ controller, ns, qpair }) => {
      expectStatus(await ns.write(qpair, 11n, sector().fill(9)));
      const options = { pattern: 0x5a5a_5a5a, passes, invertPattern, noDeallocate: true };
      expectStatus(await controller.commands.sanitize("overwrite", options));
      const seen = await sanitized(controller);
      expect(seen.at(-1)).toEqual({ status: 1, progress: 0xffff });
      const page = await log(controller, 0x81, 512);
      expect((page[2]! >> 3) & 31).toBe(passes);
      for (const lba of [0n, 11n, ns.identity.lbaCount - 1n]) {
        const data = sector();
        expectStatus(await ns.read(qpair, lba, data));
        expect(data.every((byte) => byte === expected)).toBe(true);
      }
    },
  );
}

behaviour(
  "B058",
  "an overwrite that may deallocate leaves zeroes",
  { needs: ["sanitize-overwrite"] },
  async ({ controller, ns, qpair }) => {
    expectStatus(await ns.write(qpair, 11n, sector().fill(9)));
    expectStatus(await controller.commands.sanitize("overwrite", { pattern: 0x5a5a_5a5a }));
    expect((await sanitized(controller)).at(-1)!.status).toBe(1);
    const data = sector().fill(1);
    expectStatus(await ns.read(qpair, 11n, data));
    expect(data.every((byte) => byte === 0)).toBe(true);
  },
);

behaviour(
  "B059",
  "a power cut in the middle of a sanitize does not end it: it goes on and the data are gone",
  { needs: ["sanitize-block-erase", "power-switch"] },
  async ({ controller, ns, qpair, vanish }) => {
    expectStatus(await ns.write(qpair, 11n, sector().fill(9), { fua: true }));
    expectStatus(await controller.commands.sanitize("blockErase"));
    const cut = await sanitizing(controller);
    expect(cut.status).toBe(2);
    const powerOn = await vanish();
    await powerOn();
    await controller.reopen();
    const seen = await sanitized(controller);
    expect(seen[0]!.status).toBe(2);
    expect(seen[0]!.progress).toBeGreaterThanOrEqual(cut.progress);
    expect(seen.at(-1)).toEqual({ status: 1, progress: 0xffff });
    const data = sector().fill(1);
    expectStatus(await ns.read(qpair, 11n, data));
    expect(data.every((byte) => byte === 0)).toBe(true);
  },
);

/** Firmware images of the software drive begin so. */
const image = (revision: string) => {
  const data = new Uint8Array(8192).fill(0x5a);
  data.set(Buffer.from(`ASSAYFW1${revision.padEnd(8)}`));
  return data;
};

behaviour(
  "B055",
  "firmware in a slot becomes active at the next reset, or at once",
  { needs: ["firmware"], on: ["model"] },
  async ({ controller }) => {
    const { commands } = controller;
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
  },
);
