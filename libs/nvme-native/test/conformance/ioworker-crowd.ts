/** Many workers, and others beside them (B119). */
import type { IoWorkerOptions } from "../../src";
import { worker } from "../bench-drive";
import { behaviour } from "./behaviour";

behaviour(
  "B119",
  "sixteen workers run at once; one beyond the drive's queues is refused alone",
  { spec: { maxQpairs: 17 } },
  async ({ ns, controller }) => {
    const room = Math.min(16, controller.identity.maxQpairs - 1);
    const handles = Array.from({ length: room }, (_, n) =>
      ns.startIoWorker(worker({ worker: n, timeMs: 400, seed: BigInt(n) })),
    );
    if (room === controller.identity.maxQpairs - 1) {
      await expect(ns.startIoWorker(worker({ timeMs: 100 })).result).rejects.toMatchObject({ code: "ERR_QPAIR" });
    }
    for (const handle of handles) expect(await handle.result).toMatchObject({ end: "done", errors: [] });
  },
);

behaviour(
  "B119",
  "of sixteen workers with the deepest queues and the largest commands those without memory are refused, the others run",
  // The software drive takes its memory from the process: process.spec.ts has it there.
  { on: ["spdk-tcp", "spdk-vfio-user", "spdk-pcie"] },
  async ({ ns, controller }) => {
    const { maxQpairs, maxQueueEntries, mdtsBytes } = controller.identity;
    const handles = Array.from({ length: Math.min(16, maxQpairs - 1) }, (_, n) =>
      ns.startIoWorker(
        worker({
          worker: n,
          ioCount: 100,
          depth: Math.min(1024, maxQueueEntries - 1),
          sizeBytes: Math.min(mdtsBytes, 128 << 10),
        }),
      ),
    );
    const outcomes = await Promise.allSettled(handles.map(({ result }) => result));
    for (const outcome of outcomes) {
      if (outcome.status === "fulfilled") expect(outcome.value).toMatchObject({ end: "done", errors: [] });
      else
        expect(outcome.reason).toMatchObject({ code: "ERR_QPAIR", message: expect.stringMatching(/^no memory for/) });
    }
    expect(outcomes.some(({ status }) => status === "fulfilled")).toBe(true);
    expect((await ns.startIoWorker(worker({ ioCount: 100 })).result).end).toBe("done");
  },
);

behaviour("B119", "admin commands and a second queue work beside a worker", {}, async ({ ns, qpair, controller }) => {
  const handle = ns.startIoWorker(worker({ timeMs: 60_000, sampleMs: 20 }));
  for await (const event of handle) if (event.type === "sample") break;
  for (let i = 0; i < 20; i++) {
    expect((await controller.getLogPage(2, 512)).completion).toMatchObject({ sct: 0, sc: 0 });
    expect(await controller.getFeature(7)).toMatchObject({ sct: 0, sc: 0 });
    expect((await controller.identifyRaw(1)).completion).toMatchObject({ sct: 0, sc: 0 });
    expect(await ns.read(qpair, BigInt(i), new Uint8Array(4096))).toMatchObject({ sct: 0, sc: 0 });
  }
  handle.stop();
  expect(await handle.result).toMatchObject({ end: "stopped", errors: [] });
});

behaviour(
  "B119",
  "workers start and end a thousand times, and every queue comes back",
  { limitMs: 180_000 },
  async ({ ns, controller }) => {
    for (let i = 0; i < 1000; i++) {
      expect(await ns.startIoWorker(worker({ ioCount: 2, depth: 2 })).result).toMatchObject({
        end: "done",
        errors: [],
      });
    }
    const room = Math.min(8, controller.identity.maxQpairs - 1);
    const handles = Array.from({ length: room }, (_, n) => ns.startIoWorker(worker({ worker: n, ioCount: 50 })));
    for (const handle of handles) expect(await handle.result).toMatchObject({ end: "done" });
  },
);

behaviour(
  "B119",
  "a priority is a queue's class under weighted round robin, and refused without it",
  {},
  async ({ ns, controller }) => {
    const options = worker({ ioCount: 10, priority: 1 }) as IoWorkerOptions;
    const outcome = await ns.startIoWorker(options).result.then(
      ({ end }) => end,
      ({ code }) => code,
    );
    const weighted = await controller.readRegister(0, 8).then(
      (cap) => ((cap >> 17n) & 1n) === 1n,
      () => false,
    );
    // With it the queue may still be refused, as long as CC.AMS has not chosen it.
    expect(weighted ? ["done", "ERR_QPAIR"] : ["ERR_QPAIR"]).toContain(outcome);
  },
);
