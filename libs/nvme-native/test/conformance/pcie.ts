/** PCIe: configuration space, resets, link and power states, bring-up, interrupts (B015 to B031, B079 to B082). */
import {
  type Controller,
  driver,
  expectStatus,
  field,
  type Msix,
  type Namespace,
  Pcie,
  type Qpair,
  Subsystem,
} from "../../src";
import { worker } from "../bench-drive";
import { behaviour, type ConformanceBench } from "./behaviour";

const PCIE = { on: ["model", "spdk-pcie"] as const };
const MODEL = { on: ["model"] as const };
const PM = 0x01;
const AGP = 0x02;
const AER = 0x0001;

async function works(ns: Namespace, qpair: Qpair): Promise<void> {
  const sent = new Uint8Array(ns.identity.lbaBytes).fill(0x3c);
  expectStatus(await ns.write(qpair, 7n, sent));
  const got = new Uint8Array(ns.identity.lbaBytes);
  expectStatus(await ns.read(qpair, 7n, got));
  expect(got).toEqual(sent);
}

async function powerCycles(controller: Controller): Promise<bigint> {
  const { completion, data } = await controller.getLogPage(2, 512);
  expectStatus(completion);
  return field(data, 119, 112);
}

/** `reset`, then the controller's own: I/O works and no power cycle was counted. */
async function resetBy({ controller, ns, qpair }: ConformanceBench, reset: () => Promise<void>): Promise<void> {
  const before = await powerCycles(controller);
  await reset();
  const report = await controller.reset();
  expect(report).toMatchObject({ ok: true, reason: null });
  await works(ns, qpair);
  expect(await powerCycles(controller)).toBe(before);
}

behaviour("B015", "the class code is that of an NVM Express controller", PCIE, async ({ controller }) => {
  expect([...(await new Pcie(controller).readConfig(9, 3))]).toEqual([0x02, 0x08, 0x01]);
});

behaviour("B016", "power management is found in the capability list, AGP is not", PCIE, async ({ controller }) => {
  const pcie = new Pcie(controller);
  const at = await pcie.capability(PM);
  expect(at).toBeGreaterThanOrEqual(0x40);
  expect((await pcie.readConfig(at!, 1))[0]).toBe(PM);
  expect(await pcie.capability(AGP)).toBeNull();
});

behaviour("B016", "advanced error reporting is found in the extended list", MODEL, async ({ controller }) => {
  const pcie = new Pcie(controller);
  expect(await pcie.extendedCapability(AER)).toBeGreaterThanOrEqual(0x100);
  expect(await pcie.extendedCapability(0x7777)).toBeNull();
});

behaviour(
  "B016",
  "over fabrics there is no configuration space, and the error says where",
  { on: ["spdk-tcp"] },
  async ({ controller }) => {
    await expect(new Pcie(controller).readConfig(0, 4)).rejects.toMatchObject({
      code: "ERR_UNSUPPORTED",
      message: expect.stringContaining("spdk-tcp"),
    });
  },
);

behaviour(
  "B017",
  "an absent drive is an error, and the present one stays usable",
  MODEL,
  async ({ folder, ns, qpair }) => {
    for (const name of ["absent.drive", "absent/too.drive"]) {
      const open = driver.open({ transport: "model", path: `${folder}/${name}` });
      await expect(open).rejects.toMatchObject({ code: "ERR_OPEN" });
    }
    await works(ns, qpair);
  },
);

behaviour("B018", "ASPM 0, 1, 2, 3, 0 read back, and I/O runs at each", PCIE, async ({ controller, ns }) => {
  const pcie = new Pcie(controller);
  for (const state of [0, 1, 2, 3, 0]) {
    await pcie.setAspm(state);
    expect(await pcie.aspm()).toBe(state);
    const result = await ns.startIoWorker(worker({ depth: 4, ioCount: 500 })).result;
    expect(result).toMatchObject({ end: "done", errors: [] });
  }
});

behaviour("B019", "D3hot and back, with ASPM before or after: I/O works", PCIE, async ({ controller, ns, qpair }) => {
  const pcie = new Pcie(controller);
  const legs = [() => pcie.setAspm(2), () => pcie.setPowerState(3)];
  for (const order of [legs, [...legs].reverse()]) {
    for (const leg of order) await leg();
    expect(await pcie.powerState()).toBe(3);
    await pcie.setPowerState(0);
    await pcie.setAspm(0);
    await works(ns, qpair);
  }
  expect([await pcie.powerState(), await pcie.aspm()]).toEqual([0, 0]);
});

behaviour("B019", "in D3hot the registers are gone and commands wait", MODEL, async ({ controller, ns, qpair }) => {
  const pcie = new Pcie(controller);
  await pcie.setPowerState(3);
  await expect(controller.readRegister(0x1c, 4)).rejects.toMatchObject({ code: "ERR_GONE" });
  let ended = false;
  const read = ns.read(qpair, 0n, new Uint8Array(ns.identity.lbaBytes)).finally(() => {
    ended = true;
  });
  expect(await pcie.powerState()).toBe(3);
  expect(ended).toBe(false);
  await pcie.setPowerState(0);
  expectStatus(await read);
});

behaviour(
  "B020",
  "an unaligned register offset is refused before the device is touched",
  {},
  async ({ controller }) => {
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

behaviour(
  "B022",
  "registers of a vanished drive are the error `gone`, not a value",
  MODEL,
  async ({ controller, drive }) => {
    await driver.modelPower(drive!, "off");
    for (const offset of [0x08, 0x14, 0x1c]) {
      await expect(controller.readRegister(offset, 4)).rejects.toMatchObject({ code: "ERR_GONE" });
    }
    await expect(new Pcie(controller).readConfig(0, 4)).rejects.toMatchObject({ code: "ERR_GONE" });
  },
);

behaviour("B023", "after a hot reset and a controller reset I/O works, power cycles stay", MODEL, async (bench) => {
  await resetBy(bench, () => new Pcie(bench.controller).reset());
});

behaviour(
  "B023",
  "a hot reset under a running worker ends it, the next one is clean",
  MODEL,
  async ({ controller, ns }) => {
    const running = ns.startIoWorker(worker({ depth: 8, timeMs: 3_600_000, sampleMs: 10 }));
    for await (const event of running) if (event.type === "sample") break;
    await new Pcie(controller).reset();
    expect((await controller.reset()).ok).toBe(true);
    expect((await running.result).end).toBe("terminated");
    expect(await ns.startIoWorker(worker({ ioCount: 200 })).result).toMatchObject({ end: "done", errors: [] });
  },
);

behaviour("B024", "a hot reset by the script's own function calls it exactly once", MODEL, async (bench) => {
  const pcie = new Pcie(bench.controller);
  let calls = 0;
  await resetBy(bench, () =>
    pcie.reset(async () => {
      calls++;
      const express = (await pcie.capability(0x10))!;
      await pcie.setField(express + 8, 2, (await pcie.field(express + 8, 2)) | 0x8000);
    }),
  );
  expect(calls).toBe(1);
});

behaviour(
  "B025",
  "after a function level reset and a controller reset I/O works, power cycles stay",
  PCIE,
  async (bench) => {
    const pcie = new Pcie(bench.controller);
    const express = (await pcie.capability(0x10))!;
    if (((await pcie.field(express + 4, 4)) & (1 << 28)) === 0) bench.skip("DevCap.FLR is 0");
    await resetBy(bench, () => pcie.flr());
  },
);

behaviour(
  "B026",
  "an NVM subsystem reset leaves the drive usable and its power cycles as they were",
  { needs: ["nssr", "smart-log"], on: ["model", "spdk-pcie"] },
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
  { on: ["spdk-tcp", "spdk-vfio-user"] },
  async ({ controller, ns, qpair, skip }) => {
    if (((await controller.readRegister(0, 8)) & (1n << 36n)) !== 0n) skip("CAP.NSSRS is 1");
    expect(await new Subsystem(controller).reset()).toMatchObject({
      ok: false,
      reason: expect.stringContaining("CAP.NSSRS"),
    });
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

for (const abrupt of [false, true]) {
  const kind = abrupt ? "an abrupt" : "a normal";
  behaviour(
    "B029",
    `${kind} shutdown notification completes, the drive works after a reset`,
    { on: ["model", "spdk-pcie"] },
    async (bench) => {
      await resetBy(bench, async () => {
        expect(await new Subsystem(bench.controller).shutdownNotify({ abrupt })).toMatchObject({ ok: true });
      });
    },
  );
}

behaviour("B030", "a script's own bring-up that asks for two queue pairs gets exactly two", MODEL, async (bench) => {
  await bench.controller.close();
  const controller = await driver.open(
    { transport: "model", path: bench.drive! },
    {
      async initialise(controller, steps) {
        await controller.writeRegister(0x14, 0n, 4);
        await steps.waitReady(false);
        await steps.setUpAdminQueue();
        await controller.writeRegister(0x14, 0x0046_0000n, 4);
        await controller.writeRegister(0x14, 0x0046_0001n, 4);
        expect(await steps.waitReady(true)).toBeGreaterThan(0);
        const granted = await controller.setFeature(7, 0x0001_0001);
        expectStatus(granted);
        expect(granted.cdw0).toBe(0x0001_0001);
      },
    },
  );
  try {
    expect(controller.identity.model).toBe(bench.controller.identity.model);
    const first = await controller.createQpair({ depth: 8 });
    await controller.createQpair({ depth: 8 });
    await expect(controller.createQpair({ depth: 8 })).rejects.toMatchObject({ code: "ERR_QPAIR" });
    await works(await controller.namespace(1), first);
  } finally {
    await controller.close();
  }
});

behaviour("B031", "each phase of a bring-up is reported and bounded by CAP.TO", MODEL, async ({ controller, open }) => {
  const limitMs = controller.identity.readyTimeoutMs;
  const slow = await open({ readyMs: 40 });
  for (const report of [controller.bringUp, await controller.reset(), slow.controller.bringUp]) {
    const { disableMs, enableMs, readyMs } = report;
    expect(disableMs! + enableMs!).toBeLessThanOrEqual(readyMs + 1);
    expect(readyMs).toBeLessThan(limitMs);
  }
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

for (const [what, options, vector] of [
  ["its own number", {}, null],
  ["vector 7", { vector: 7 }, 7],
  ["vector 0", { vector: 0 }, 0],
] as const) {
  behaviour("B079", `a queue pair interrupts with ${what}`, MODEL, async ({ controller, ns }) => {
    const msix = await new Pcie(controller).msix();
    await msix.enable();
    const qpair = await controller.createQpair({ depth: 8, ...options });
    const mine = vector ?? qpair.qid;
    for (let other = 0; other < msix.vectors; other++) msix.clear(other);
    await works(ns, qpair);
    await msix.waitSet(mine);
    expect(setOf(msix, mine)).toEqual([mine]);
  });
}

behaviour(
  "B079",
  "a queue pair without interrupts completes and sends none, with a vector or without",
  MODEL,
  async ({ controller, ns }) => {
    const msix = await new Pcie(controller).msix();
    await msix.enable();
    for (const options of [{}, { vector: 5 }]) {
      const qpair = await controller.createQpair({ depth: 8, interrupts: false, ...options });
      await works(ns, qpair);
      expect(setOf(msix, null)).toEqual([]);
    }
  },
);

behaviour(
  "B080",
  "each of sixteen queues sets its own word and no other's",
  { ...MODEL, depth: 4 },
  async ({ controller, ns, qpair }) => {
    const msix = await new Pcie(controller).msix();
    await msix.enable();
    const qpairs = [qpair];
    while (qpairs.length < Math.min(16, controller.identity.maxQpairs))
      qpairs.push(await controller.createQpair({ depth: 4 }));
    for (const one of qpairs) {
      for (let i = 0; i < msix.vectors; i++) msix.clear(i);
      expect(msix.isSet(one.qid)).toBe(false);
      expectStatus(await ns.read(one, 0n, new Uint8Array(ns.identity.lbaBytes)));
      await msix.waitSet(one.qid);
      const set = Array.from({ length: msix.vectors }, (_, i) => i).filter((i) => msix.isSet(i));
      expect(set).toEqual([one.qid]);
    }
  },
);

for (const whole of [false, true]) {
  behaviour(
    "B081",
    `${whole ? "a masked function" : "a masked vector"} keeps its interrupt pending, unmasking delivers it`,
    MODEL,
    async ({ controller, ns, qpair }) => {
      const msix = await new Pcie(controller).msix();
      await msix.enable();
      const mask = (masked: boolean) =>
        whole ? msix.maskFunction(masked) : masked ? msix.mask(qpair.qid) : msix.unmask(qpair.qid);
      await mask(true);
      await works(ns, qpair);
      // Completed, and the drive has been asked something since: what it would send it has sent.
      expectStatus(await controller.getFeature(7));
      expect(msix.isSet(qpair.qid)).toBe(false);
      expect(await msix.entry(qpair.qid)).toMatchObject({ pending: true, masked: !whole });
      await mask(false);
      await msix.waitSet(qpair.qid);
      expect((await msix.entry(qpair.qid)).pending).toBe(false);
    },
  );
}

behaviour(
  "B082",
  "coalescing holds the interrupt of one command for its time, and that of a batch for less",
  MODEL,
  async ({ controller, ns, qpair }) => {
    const msix = await new Pcie(controller).msix();
    await msix.enable();
    const timeMs = 200 * 0.1;
    const read = () => ns.read(qpair, 0n, new Uint8Array(ns.identity.lbaBytes));
    const latency = async (commands: number) => {
      msix.clear(qpair.qid);
      const start = performance.now();
      const reads = Promise.all(Array.from({ length: commands }, read));
      await msix.waitSet(qpair.qid);
      const took = performance.now() - start;
      for (const completion of await reads) expectStatus(completion);
      return took;
    };
    // Threshold 10 (0-based 9), 200 times 100 us.
    expectStatus(await controller.setFeature(8, (200 << 8) | 9));
    expect(await latency(1)).toBeGreaterThan(timeMs * 0.9);
    expect(await fastest(() => latency(10))).toBeLessThan(timeMs * 0.9);
    expectStatus(await controller.setFeature(8, 0));
    expect(await fastest(() => latency(1))).toBeLessThan(timeMs * 0.9);
  },
);

/** Of five: a busy machine may delay any one. */
async function fastest(measure: () => Promise<number>): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 5; i++) least = Math.min(least, await measure());
  return least;
}

/** Vectors whose word is set. That of the admin queue may come late from an admin command before: it counts when asked for. */
function setOf(msix: Msix, asked: number | null): number[] {
  const all = Array.from({ length: msix.vectors }, (_, vector) => vector);
  return all.filter((vector) => (vector > 0 || asked === 0) && msix.isSet(vector));
}
