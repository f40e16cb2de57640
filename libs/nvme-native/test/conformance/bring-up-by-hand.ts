/** Link, power, resets and bring-up of a drive that a script has by hand (B019, B023 to B025, B027, B029 to B031, B079). */
import { type BareController, driver, expectStatus, Pcie } from "../../src";
import { behaviour } from "./behaviour";
import { attached, BY_HAND, byHand, status, worksByHand } from "./by-hand";

const VFIO_USER = { on: ["spdk-vfio-user"] as const };
const CC = 0x14;
const CSTS = 0x1c;
const EXPRESS = 0x10;
const FLR = 0x8000;

async function awaitCsts(device: BareController, mask: bigint, value: bigint): Promise<void> {
  while (((await device.readRegister(CSTS, 4)) & mask) !== value) await new Promise(setImmediate);
}

behaviour("B019", "by hand: D3hot and back, then a bring-up: I/O works", BY_HAND, (bench) =>
  attached(bench, async (device) => {
    const pcie = new Pcie(device);
    await pcie.setPowerState(3);
    expect(await pcie.powerState()).toBe(3);
    await pcie.setPowerState(0);
    expect(await pcie.powerState()).toBe(0);
    await worksByHand(device, await device.bringUp());
  }),
);

behaviour("B023", "a hot reset that nobody here can do is told with transport and reason", VFIO_USER, (bench) =>
  attached(bench, async (device) => {
    await expect(new Pcie(device).reset()).rejects.toMatchObject({
      code: "ERR_UNSUPPORTED",
      message: expect.stringMatching(/^spdk-vfio-user: .*hot reset/),
    });
    await worksByHand(device, await device.bringUp());
  }),
);

behaviour("B024", "by hand: a reset by the script's own function calls it exactly once", BY_HAND, (bench) =>
  byHand(bench, async (device) => {
    const pcie = new Pcie(device);
    const express = (await pcie.capability(EXPRESS))!;
    let calls = 0;
    await pcie.reset(async () => {
      calls++;
      await pcie.setField(express + 8, 2, (await pcie.field(express + 8, 2)) | FLR);
    });
    expect(calls).toBe(1);
    await worksByHand(device, await device.bringUp());
  }),
);

behaviour("B025", "by hand: a function level reset clears CC and CSTS, and a bring-up works", BY_HAND, (bench) =>
  byHand(bench, async (device) => {
    await new Pcie(device).flr();
    const registers = [await device.readRegister(CC, 4), await device.readRegister(CSTS, 4)];
    await worksByHand(device, await device.bringUp());
    if (bench.host !== "spdk-vfio-user") return expect(registers).toEqual([0n, 0n]);
    // Seen with v26.05: CSTS.RDY = 1, and sometimes CSTS.CFS = 1.
    expect(registers[0]).toBe(0x0046_0001n);
    bench.differs("SPDK's target stays enabled behind a function level reset, CC is as before");
  }),
);

behaviour("B027", "by hand: after four bring-ups in a row the drive grants the same queues", BY_HAND, (bench) =>
  attached(bench, async (device) => {
    const granted = [];
    for (let i = 0; i < 5; i++) {
      const admin = await device.bringUp();
      expectStatus(await admin.execute({ opcode: 0x09, cdw10: 7, cdw11: 0x0001_0001 }));
      granted.push(expectStatus(await admin.execute({ opcode: 0x0a, cdw10: 7 })).cdw0);
    }
    expect(new Set(granted).size).toBe(1);
  }),
);

for (const [kind, notification] of [
  ["a normal", 1n],
  ["an abrupt", 2n],
] as const) {
  behaviour("B029", `by hand: ${kind} shutdown notification completes, a bring-up works`, BY_HAND, (bench) =>
    byHand(bench, async (device) => {
      const cc = await device.readRegister(CC, 4);
      await device.writeRegister(CC, cc | (notification << 14n), 4);
      await awaitCsts(device, 0xcn, 0x8n);
      await worksByHand(device, await device.bringUp());
    }),
  );
}

behaviour("B030", "by hand: as many queue pairs as were granted are made, and the next is 01/01", BY_HAND, (bench) =>
  byHand(bench, async (device, admin) => {
    const asked = 2;
    const { cdw0 } = expectStatus(
      await admin.execute({ opcode: 0x09, cdw10: 7, cdw11: ((asked - 1) << 16) | (asked - 1) }),
    );
    const granted = Math.min(cdw0 & 0xffff, cdw0 >>> 16) + 1;
    expect(granted).toBeGreaterThanOrEqual(asked);
    if (bench.host === "model") expect(granted).toBe(asked);
    // SPDK's target and QEMU's drive always grant all they have (NVMe Base 2.0, 5.27.1.5).
    else if (granted > asked) bench.differs(`${asked} queue pairs were asked for, the drive grants ${granted}`);
    const create = async (qid: number) => {
      const cq = device.completionQueue({ qid, entries: 2 });
      const first = status(await admin.execute(cq.createCommand()));
      if (first !== "00/00") return first;
      const sq = device.submissionQueue({ qid, entries: 2, completionQueue: cq });
      return status(await admin.execute(sq.createCommand()));
    };
    for (let qid = 1; qid <= granted; qid++) expect(await create(qid)).toBe("00/00");
    expect(await create(granted + 1)).toBe("01/01");
  }),
);

behaviour("B031", "by hand: each change of CSTS.RDY comes within CAP.TO and is timed", BY_HAND, (bench) =>
  byHand(bench, async (device) => {
    const limitMs = Number(((await device.readRegister(0, 8)) >> 24n) & 0xffn) * 500;
    await device.writeRegister(CC, 0n, 4);
    const disableMs = await device.waitReady(false);
    await device.writeRegister(CC, 0x0046_0000n, 4);
    await device.writeRegister(CC, 0x0046_0001n, 4);
    const enableMs = await device.waitReady(true);
    for (const ms of [disableMs, enableMs]) {
      expect(ms).toBeGreaterThan(0);
      expect(ms).toBeLessThan(limitMs);
    }
  }),
);

behaviour("B079", "interrupts that no script can see are told with the reason", VFIO_USER, (bench) =>
  attached(bench, async (device) => {
    await expect(new Pcie(device).msix()).rejects.toMatchObject({
      code: "ERR_UNSUPPORTED",
      message: "spdk-vfio-user: the MSI-X table is in BAR 4: BAR 0 alone is reached",
    });
  }),
);

behaviour(
  "X09",
  "where the driver below keeps the queues, there is no memory for queues by hand, and no bare mode over a socket",
  { on: ["spdk-tcp"] },
  async ({ controller }) => {
    const message = expect.stringMatching(/^spdk-tcp: /);
    await controller.close();
    await expect(driver.openBare(controller.address)).rejects.toMatchObject({ code: "ERR_UNSUPPORTED", message });
  },
);
