/** Registers, resets and bring-up (B020 to B022, B026 to B031). */
import { expectStatus, field, Pcie, Subsystem } from "../../src";
import { behaviour } from "./behaviour";
import { BY_HAND } from "./by-hand";
import { powerCycles, resetBy, works } from "./drive-works";

const MODEL = { on: ["model"] as const };
/** Where the driver brings the controller up itself; elsewhere SPDK does, and hides the phases. */
const VISIBLE = { on: ["model", "spdk-vfio-user"] as const };

behaviour(
  "B020",
  "an unaligned register offset is refused before the device is touched",
  {},
  async ({ controller, vanish }) => {
    // Whoever touched it would see that it is gone.
    await vanish();
    for (const [offset, bytes] of [
      [1, 4],
      [2, 4],
      [0x16, 4],
      [4, 8],
    ] as const) {
      const message = `offset is ${offset}, it must be a multiple of ${bytes}`;
      await expect(controller.readRegister(offset, bytes)).rejects.toMatchObject({ code: "ERR_ARGUMENT", message });
      await expect(controller.writeRegister(offset, 0n, bytes)).rejects.toMatchObject({
        code: "ERR_ARGUMENT",
        message,
      });
    }
  },
);

behaviour("B021", "VS is a legal version and the one of Identify", {}, async ({ controller }) => {
  const version = Number(await controller.readRegister(0x08, 4));
  expect(version).toBeGreaterThanOrEqual(0x0001_0000);
  expect(version).toBeLessThan(0x0003_0000);
  expect(Number(field(controller.identity.raw, 83, 80))).toBe(version);
});

behaviour("B022", "registers of a vanished drive are the error `gone`, not a value", {}, async (bench) => {
  await bench.vanish();
  for (const offset of [0x08, 0x14, 0x1c]) {
    await expect(bench.controller.readRegister(offset, 4)).rejects.toMatchObject({ code: "ERR_GONE" });
  }
});

behaviour("B022", "configuration space and registers of the bus are gone with the drive", BY_HAND, async (bench) => {
  await bench.controller.readRegister(0x08, 4);
  await bench.vanish();
  const pcie = new Pcie(bench.controller);
  await expect(pcie.readConfig(0, 4)).rejects.toMatchObject({ code: "ERR_GONE" });
  await expect(pcie.writeConfig(4, new Uint8Array(2))).rejects.toMatchObject({ code: "ERR_GONE" });
  await expect(bench.controller.readRegister(0x1c, 4)).rejects.toMatchObject({ code: "ERR_GONE" });
  await expect(bench.controller.writeRegister(0x14, 0n, 4)).rejects.toMatchObject({ code: "ERR_GONE" });
});

behaviour(
  "B026",
  "an NVM subsystem reset leaves the drive usable and its power cycles as they were",
  { needs: ["nssr", "smart-log"], on: BY_HAND.on },
  async ({ controller, ns, qpair }) => {
    const before = await powerCycles(controller);
    expect(await new Subsystem(controller).reset()).toMatchObject({ ok: true });
    await works(ns, qpair);
    expect(await powerCycles(controller)).toBe(before);
  },
);

behaviour(
  "B026",
  "without CAP.NSSRS a subsystem reset is a `false` with its reason, and nothing is written",
  { on: ["spdk-tcp", "spdk-vfio-user", "spdk-pcie"] },
  async ({ controller, ns, qpair, skip }) => {
    if (((await controller.readRegister(0, 8)) & (1n << 36n)) !== 0n) skip("CAP.NSSRS is 1");
    const acts: string[] = [];
    const watched = {
      address: controller.address,
      identity: controller.identity,
      readRegister: (offset: number, bytes: 4 | 8) => controller.readRegister(offset, bytes),
      writeRegister: async (offset: number) => void acts.push(`write ${offset}`),
      async reset() {
        acts.push("reset");
        return controller.reset();
      },
      reopen: () => controller.reopen(),
    };
    expect(await new Subsystem(watched).reset()).toMatchObject({
      ok: false,
      reason: expect.stringContaining("CAP.NSSRS"),
    });
    expect(acts).toEqual([]);
    await works(ns, qpair);
  },
);

behaviour(
  "B027",
  "after four controller resets in a row the drive grants the same queues",
  {},
  async ({ controller }) => {
    const before = await controller.getFeature(7);
    expectStatus(before);
    for (let i = 0; i < 4; i++) expect((await controller.reset()).ok).toBe(true);
    const after = await controller.getFeature(7);
    expectStatus(after);
    expect(after.cdw0).toBe(before.cdw0);
  },
);

behaviour("B028", "a controller reset counts no power cycle", { needs: ["smart-log"] }, async (bench) => {
  await resetBy(bench, async () => {});
});

behaviour("B028", "a controller reset keeps the timeout of commands", {}, async (bench) => {
  const { controller } = bench;
  await controller.setTimeoutMs(100_000);
  expect((await controller.reset()).ok).toBe(true);
  expect(controller.timeoutMs).toBe(100_000);
  await controller.setTimeoutMs(50);
  expect((await controller.reset()).ok).toBe(true);
  expect(controller.timeoutMs).toBe(50);
});

behaviour(
  "B028",
  "after a reset a command that is not answered still ends after the timeout that was set",
  { slowReads: true },
  async ({ controller, ns, qpair }) => {
    await controller.setTimeoutMs(60);
    await controller.reset();
    const { sct, sc, latencyNs } = await ns.read(qpair, 9n, new Uint8Array(ns.identity.lbaBytes));
    expect([sct, sc]).toEqual([7, 0x80]);
    // Far from the 10 s that it would have been without.
    expect(latencyNs).toBeLessThan(9e9);
  },
);

for (const abrupt of [false, true]) {
  const kind = abrupt ? "an abrupt" : "a normal";
  behaviour(
    "B029",
    `${kind} shutdown notification completes, the drive works after a reset`,
    BY_HAND,
    async (bench) => {
      const { controller } = bench;
      const limitMs = Math.max(10_000, Number(field(controller.identity.raw, 91, 88)) / 1000);
      await resetBy(bench, async () => {
        const { ok, durationMs } = await new Subsystem(controller).shutdownNotify({ abrupt });
        expect(ok).toBe(true);
        expect(durationMs).toBeLessThan(limitMs);
        expect((await controller.readRegister(0x1c, 4)) & 0xcn).toBe(0x8n);
      });
    },
  );
}

behaviour("B031", "each phase of a bring-up is reported and bounded by CAP.TO", VISIBLE, async (bench) => {
  const { controller } = bench;
  const limitMs = controller.identity.readyTimeoutMs;
  for (const { disableMs, enableMs, readyMs } of [controller.bringUp, await controller.reset()]) {
    expect(disableMs! + enableMs!).toBeLessThanOrEqual(readyMs + 1);
    expect(readyMs).toBeGreaterThan(0);
    expect(readyMs).toBeLessThan(limitMs);
  }
  if (bench.host !== "model") return;
  const slow = await bench.open({ readyMs: 40 });
  expect(slow.controller.bringUp.enableMs).toBeGreaterThanOrEqual(40);
});

behaviour(
  "B031",
  "a drive that is not ready within CAP.TO is an error",
  { ...MODEL, limitMs: 120_000 },
  async (bench) => {
    await expect(bench.open({ readyMs: 3_000_000 })).rejects.toMatchObject({
      code: "ERR_READY",
      message: expect.stringContaining("CAP.TO"),
    });
  },
);
