/** MSI-X: vectors, masks, coalescing (B079 to B082). */
import { type Controller, expectStatus, type Msix, type Namespace, Pcie, type Qpair } from "../../src";
import { behaviour, type ConformanceBench, isQemu } from "./behaviour";
import { bringUpFor, byScript } from "./by-script";
import { works } from "./drive-works";

/** Where SPDK's own library is not in between. */
const QUEUES = { on: ["model", "spdk-pcie"] as const };
/** vfio-pci keeps the mask of a whole function: interrupts-by-hand.ts. */
const MODEL = { on: ["model"] as const };
const PAIRS = 16;

interface Messages {
  controller: Controller;
  ns: Namespace;
  msix: Msix;
  /** Created with MSI-X on; its vector is its number. */
  qpair: Qpair;
}

/** The driver's own queues with MSI-X on: over its own bring-up, or a script's where SPDK would do it. */
function withMessages(bench: ConformanceBench, body: (messages: Messages) => Promise<void>): Promise<void> {
  const enabled = async (controller: Controller) => {
    const msix = await new Pcie(controller).msix();
    await msix.enable();
    try {
      const ns = await controller.namespace(1);
      await body({ controller, ns, msix, qpair: await controller.createQpair({ depth: 16 }) });
    } finally {
      await msix.disable();
    }
  };
  return bench.host === "model"
    ? bench.qpair.delete().then(() => enabled(bench.controller))
    : byScript(bench, bringUpFor(PAIRS), enabled);
}

for (const [what, options, vector] of [
  ["its own number", {}, null],
  ["vector 7", { vector: 7 }, 7],
  ["vector 0", { vector: 0 }, 0],
] as const) {
  behaviour("B079", `a queue pair interrupts with ${what}`, QUEUES, (bench) =>
    withMessages(bench, async ({ controller, ns, msix }) => {
      const qpair = await controller.createQpair({ depth: 8, ...options });
      const mine = vector ?? qpair.qid;
      for (let other = 0; other < msix.vectors; other++) msix.clear(other);
      await works(ns, qpair);
      await msix.waitSet(mine);
      expect(setOf(msix, mine)).toEqual([mine]);
    }),
  );
}

behaviour(
  "B079",
  "a queue pair without interrupts completes and sends none, with a vector or without",
  QUEUES,
  (bench) =>
    withMessages(bench, async ({ controller, ns, msix }) => {
      for (const options of [{}, { vector: 5 }]) {
        const qpair = await controller.createQpair({ depth: 8, interrupts: false, ...options });
        await works(ns, qpair);
        expect(setOf(msix, null)).toEqual([]);
      }
    }),
);

behaviour("B080", "each of sixteen queues sets its own word and no other's", QUEUES, (bench) =>
  withMessages(bench, async ({ controller, ns, msix, qpair }) => {
    const qpairs = [qpair];
    while (qpairs.length < Math.min(PAIRS, controller.identity.maxQpairs))
      qpairs.push(await controller.createQpair({ depth: 4 }));
    for (const one of qpairs) {
      for (let i = 0; i < msix.vectors; i++) msix.clear(i);
      expect(msix.isSet(one.qid)).toBe(false);
      expectStatus(await ns.read(one, 0n, new Uint8Array(ns.identity.lbaBytes)));
      await msix.waitSet(one.qid);
      const set = Array.from({ length: msix.vectors }, (_, i) => i).filter((i) => msix.isSet(i));
      expect(set).toEqual([one.qid]);
    }
  }),
);

for (const whole of [false, true]) {
  behaviour(
    "B081",
    `${whole ? "a masked function" : "a masked vector"} keeps its interrupt pending, unmasking delivers it`,
    whole ? MODEL : QUEUES,
    (bench) =>
      withMessages(bench, async ({ controller, ns, msix, qpair }) => {
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
      }),
  );
}

behaviour(
  "B082",
  "coalescing holds the interrupt of one command for its time, and that of a batch for less",
  QUEUES,
  async (bench) => {
    if (isQemu(bench)) bench.skip("QEMU's drive takes feature 08h and holds no interrupt back");
    await withMessages(bench, async ({ controller, ns, msix, qpair }) => {
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
    });
  },
);

/** Of five: a busy machine may delay any one. */
async function fastest(measure: () => Promise<number>): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 5; i++) least = Math.min(least, await measure());
  return least;
}

/** Vectors whose word is set. That of the admin queue may come late from an admin command before: it counts when asked for. */
export function setOf(msix: Msix, asked: number | null): number[] {
  const all = Array.from({ length: msix.vectors }, (_, vector) => vector);
  return all.filter((vector) => (vector > 0 || asked === 0) && msix.isSet(vector));
}
