/** PCIe: configuration space, link and power states, hot and function level reset (B015 to B019, B023 to B025). */
import { driver, expectStatus, Pcie, type TransportAddress } from "../../src";
import { worker } from "../bench-drive";
import { behaviour } from "./behaviour";
import { BY_HAND } from "./by-hand";
import { resetBy, works } from "./drive-works";

const PCIE = { on: ["model", "spdk-pcie"] as const };
const MODEL = { on: ["model"] as const };
/** Where there is a configuration space. */
const FUNCTION = { on: BY_HAND.on };
const PM = 0x01;
const AGP = 0x02;
const AER = 0x0001;

behaviour("B015", "the class code is that of an NVM Express controller", BY_HAND, async (bench) => {
  expect([...(await new Pcie(bench.controller).readConfig(9, 3))]).toEqual([0x02, 0x08, 0x01]);
});

behaviour("B016", "power management is found in the capability list, AGP is not", BY_HAND, async (bench) => {
  const pcie = new Pcie(bench.controller);
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
  {},
  async ({ folder, ns, qpair, controller }) => {
    for (const place of absentBeside(controller.address, folder))
      await expect(driver.open(place)).rejects.toMatchObject({ code: "ERR_OPEN" });
    await works(ns, qpair);
  },
);

/** Addresses of the same transport where no drive is; 0000:00:00.0 is the host bridge. */
function absentBeside(address: TransportAddress, folder: string): TransportAddress[] {
  switch (address.transport) {
    case "spdk-tcp":
      return [{ ...address, port: 1 }];
    case "spdk-pcie":
      return ["0000:00:00.0", "0000:10:00.0"].map((function_) => ({ ...address, address: function_ }));
    default:
      return ["absent.drive", "absent/too.drive"].map((name) => ({ ...address, path: `${folder}/${name}` }));
  }
}

/** QEMU's drives and SPDK's vfio-user target keep the bits at 0. */
const takesAspm = (pcie: Pcie): Promise<boolean> =>
  pcie.setAspm(1).then(
    () => true,
    (reason) => {
      expect(reason).toMatchObject({ code: "ERR_UNSUPPORTED" });
      return false;
    },
  );

behaviour("B018", "ASPM 0, 1, 2, 3, 0 read back, and I/O runs at each", FUNCTION, async (bench) => {
  const { controller, ns } = bench;
  const pcie = new Pcie(controller);
  if (!(await takesAspm(pcie))) bench.skip("Link Control 1:0 is read-only: ASPM cannot be changed");
  for (const state of [0, 1, 2, 3, 0]) {
    await pcie.setAspm(state);
    expect(await pcie.aspm()).toBe(state);
    const result = await ns.startIoWorker(worker({ depth: 4, ioCount: 500 })).result;
    expect(result).toMatchObject({ end: "done", errors: [] });
  }
});

behaviour("B019", "D3hot and back, with ASPM before or after: I/O works", FUNCTION, async (bench) => {
  const { controller, ns, qpair } = bench;
  const pcie = new Pcie(controller);
  const aspm = await takesAspm(pcie);
  if (!aspm) bench.differs("Link Control 1:0 is read-only: D3hot alone");
  const legs = [() => (aspm ? pcie.setAspm(2) : Promise.resolve()), () => pcie.setPowerState(3)];
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

behaviour("B023", "after a hot reset and a controller reset I/O works, power cycles stay", PCIE, async (bench) => {
  await resetBy(bench, () => new Pcie(bench.controller).reset());
});

behaviour(
  "B023",
  "a hot reset under a running worker ends it, the next one is clean",
  PCIE,
  async ({ controller, ns }) => {
    const running = ns.startIoWorker(worker({ depth: 8, timeMs: 3_600_000, sampleMs: 10 }));
    for await (const event of running) if (event.type === "sample") break;
    await new Pcie(controller).reset();
    expect((await controller.reset()).ok).toBe(true);
    expect((await running.result).end).toBe("terminated");
    expect(await ns.startIoWorker(worker({ ioCount: 200 })).result).toMatchObject({ end: "done", errors: [] });
  },
);

behaviour("B024", "a hot reset by the script's own function calls it exactly once", FUNCTION, async (bench) => {
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
  FUNCTION,
  async (bench) => {
    const pcie = new Pcie(bench.controller);
    const express = (await pcie.capability(0x10))!;
    if (((await pcie.field(express + 4, 4)) & (1 << 28)) === 0) bench.skip("DevCap.FLR is 0");
    await resetBy(bench, () => pcie.flr());
  },
);
