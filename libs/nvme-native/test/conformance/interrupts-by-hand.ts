/** MSI-X with queues of the script's own: vectors and masks (B079 to B081). */
import { type BareAdmin, type BareController, type Msix, Pcie } from "../../src";
import { behaviour, type ConformanceBench } from "./behaviour";
import { byHand, queues, status } from "./by-hand";
import { setOf } from "./interrupts";

const PCIE = { on: ["model", "spdk-pcie"] as const };

/** MSI-X on; the admin queue has interrupted with vector 0 when the body begins. */
function withMessages(
  bench: ConformanceBench,
  body: (device: BareController, admin: BareAdmin, msix: Msix, pcie: Pcie) => Promise<void>,
): Promise<void> {
  return byHand(bench, async (device, admin) => {
    const pcie = new Pcie(device);
    const msix = await pcie.msix();
    await msix.enable();
    try {
      await body(device, admin, msix, pcie);
    } finally {
      await msix.disable();
    }
  });
}

/** A flush, until its completion is there. */
async function complete({ sq, cq }: Awaited<ReturnType<typeof queues>>): Promise<void> {
  sq.post({ opcode: 0x00, nsid: 1 });
  await sq.ring();
  expect(status((await cq.wait(1))[0]!)).toBe("00/00");
}

for (const vector of [1, 7, 0])
  behaviour("B079", `by hand: a completion queue interrupts with vector ${vector}, and with no other`, PCIE, (bench) =>
    withMessages(bench, async (device, admin, msix) => {
      await complete(await queues(device, admin, { qid: 1, entries: 4, vector }));
      await msix.waitSet(vector);
      expect(setOf(msix, vector)).toEqual([vector]);
    }),
  );

behaviour("B079", "by hand: a completion queue without interrupts sends none", PCIE, (bench) =>
  withMessages(bench, async (device, admin, msix) => {
    await complete(await queues(device, admin, { qid: 1, entries: 4 }));
    // The drive has been asked something since: what it would send it has sent.
    expect(status(await admin.execute({ opcode: 0x0a, cdw10: 7 }))).toBe("00/00");
    expect(setOf(msix, null)).toEqual([]);
  }),
);

behaviour("B080", "by hand: each of sixteen queues sets its own word and no other's", PCIE, (bench) =>
  withMessages(bench, async (device, admin, msix) => {
    const pairs = [];
    for (let qid = 1; qid < Math.min(17, msix.vectors); qid++)
      pairs.push([qid, await queues(device, admin, { qid, entries: 4, vector: qid })] as const);
    for (const [qid, pair] of pairs) {
      for (let vector = 0; vector < msix.vectors; vector++) msix.clear(vector);
      await complete(pair);
      await msix.waitSet(qid);
      expect(setOf(msix, qid)).toEqual([qid]);
    }
  }),
);

behaviour("B081", "by hand: a masked vector keeps its interrupt pending, unmasking delivers it", PCIE, (bench) =>
  withMessages(bench, async (device, admin, msix) => {
    const pair = await queues(device, admin, { qid: 1, entries: 4, vector: 3 });
    await msix.mask(3);
    await complete(pair);
    expect(status(await admin.execute({ opcode: 0x0a, cdw10: 7 }))).toBe("00/00");
    expect(setOf(msix, null)).toEqual([]);
    expect(await msix.entry(3)).toMatchObject({ pending: true, masked: true });
    await msix.unmask(3);
    await msix.waitSet(3);
    expect((await msix.entry(3)).pending).toBe(false);
  }),
);

behaviour(
  "B081",
  "by hand: vfio-pci keeps the mask of the whole function, and the error says so",
  { on: ["spdk-pcie"] },
  (bench) =>
    withMessages(bench, async (_device, _admin, msix) => {
      await expect(msix.maskFunction(true)).rejects.toMatchObject({
        code: "ERR_UNSUPPORTED",
        message: expect.stringMatching(/^spdk-pcie: .*the kernel's driver of the function keeps these bits/),
      });
    }),
);

behaviour(
  "B079",
  "over SPDK's own queues a vector and memory for messages are refused with transport and reason",
  { on: ["spdk-pcie"] },
  async ({ controller }) => {
    await expect(controller.createQpair({ depth: 4, vector: 3 })).rejects.toMatchObject({
      code: "ERR_UNSUPPORTED",
      message: expect.stringMatching(/^spdk-pcie: SPDK polls/),
    });
    await expect((await new Pcie(controller).msix()).enable()).rejects.toMatchObject({
      code: "ERR_UNSUPPORTED",
      message: expect.stringMatching(/^spdk-pcie: .*no memory can be lent/),
    });
  },
);
