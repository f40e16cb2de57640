/** What a power loss may leave (B109). */
import type { VerifyResult } from "../../src";
import { behaviour, type ConformanceBench } from "./behaviour";
import { all, load, MODEL, SEED, table } from "./verification-load";

/** A slot takes its time. */
const LAPS = { model: 20, "spdk-pcie": 3, "spdk-tcp": 0, "spdk-vfio-user": 0 };

/** Cuts the power under two verifying workers, brings the drive up again and looks at every LBA that was written. */
async function cutAndLook({ ns, controller, vanish }: ConformanceBench, lap: number): Promise<VerifyResult> {
  const workers = [0, 1].map((worker) =>
    ns.startIoWorker(
      load({
        worker,
        ioCount: null,
        untilPowerLost: true,
        readPercent: 30,
        flushEvery: 50,
        alignLbas: 1,
        sampleMs: 10,
        seed: BigInt(2 * lap + worker),
      }),
    ),
  );
  for (const worker of workers) for await (const event of worker) if (event.type === "sample") break;
  const powerOn = await vanish();
  for (const worker of workers) expect(await worker.result).toMatchObject({ end: "terminated", miscompares: 0n });
  await powerOn();
  expect((await controller.reopen()).ok).toBe(true);
  return ns.verify({ ...all, rule: "durable-or-newer" });
}

behaviour(
  "B109",
  "after a power cut each LBA holds a version between its last durable and its newest one",
  { needs: ["power-switch", "volatile-cache"] },
  async (bench) => {
    await table(bench);
    for (let lap = 0; lap < LAPS[bench.host]; lap++) {
      const result = await cutAndLook(bench, lap);
      expect(result.miscompares).toEqual([]);
      expect(result).toMatchObject({ violations: 0n, coveragePercent: 100 });
    }
  },
);

behaviour(
  "B109",
  "a durable sector that a cut took away all the same is a lost write",
  { ...MODEL, spec: { faults: [{ kind: "flush-lies" }] } },
  async (liar) => {
    const kinds = new Set<string>();
    for (let lap = 0; lap < 20 && !kinds.has("lost-write"); lap++) {
      // A table of its own: what is lost already would stop the next lap's workers.
      await liar.ns.openVerifyTable(`${liar.folder}/liar-${lap}.verify`, SEED);
      for (const { kind } of (await cutAndLook(liar, lap)).miscompares) kinds.add(kind);
    }
    kinds.delete("unexpected-zeroes"); // where nothing was before
    expect([...kinds]).toEqual(["lost-write"]);
  },
);
