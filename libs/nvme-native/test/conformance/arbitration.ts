/** Weighted round robin (B078). */
import { join } from "node:path";
import { type Completion, expectStatus, type Qpair } from "../../src";
import { layBusTrace, readBusTrace } from "../bus-trace";
import { heldBack } from "./at-once";
import { behaviour } from "./behaviour";

const TRACE_RECORDS = 4096;

behaviour(
  "B078",
  "with weighted round robin queues of every class are made and served",
  { needs: ["wrr"], spec: { weightedRoundRobin: true } },
  async ({ controller, ns }) => {
    for (const priority of [0, 1, 2, 3] as const) {
      const qpair = await controller.createQpair({ depth: 16, priority });
      expectStatus(await ns.read(qpair, 0n, new Uint8Array(ns.identity.lbaBytes)));
    }
  },
);

/** Queue by queue, how many commands the drive took from it in a row. */
function bursts(served: number[]): [qid: number, commands: number][] {
  const runs: [number, number][] = [];
  for (const qid of served) {
    const last = runs.at(-1);
    if (last?.[0] === qid) last[1]++;
    else runs.push([qid, 1]);
  }
  return runs;
}

behaviour(
  "B078",
  "the weights of the Arbitration feature are the order in which full queues are served, urgent ones before all",
  { needs: ["wrr"], on: ["model"], spec: { weightedRoundRobin: true } },
  async (bench) => {
    // The tape must lie there before the drive is opened.
    const drive = join(bench.folder, "drive-1.drive");
    layBusTrace(drive, TRACE_RECORDS);
    const { controller, ns } = await bench.open({ weightedRoundRobin: true });
    const queues: Qpair[] = [];
    for (const priority of [0, 1, 2, 3, 3] as const) queues.push(await controller.createQpair({ depth: 64, priority }));
    const [urgent, high, medium, low, other] = queues.map(({ qid }) => qid);
    // Weights 6, 4 and 2, in commands of a round, 0-based; bursts of one queue: two commands.
    expectStatus(await controller.setFeature(1, (5 << 24) | (3 << 16) | (1 << 8) | 1));
    const reads: Promise<Completion>[] = [];
    let before = 0;
    await heldBack(controller, () => {
      for (const qpair of queues)
        for (let i = 0; i < 12; i++) reads.push(ns.read(qpair, 0n, new Uint8Array(ns.identity.lbaBytes)));
      before = readBusTrace(drive).served.length;
    });
    for (const completion of await Promise.all(reads)) expectStatus(completion);
    const served = readBusTrace(drive)
      .served.slice(before)
      .filter((qid) => qid !== 0);
    expect(served).toHaveLength(60);
    // Low has two queues, which take turns.
    expect(bursts(served)).toEqual([
      [urgent, 12],
      [high, 6],
      [medium, 4],
      [low, 2],
      [high, 6],
      [medium, 4],
      [other, 2],
      [medium, 4],
      [low, 2],
      ...Array.from({ length: 9 }, (_, i) => [i % 2 === 0 ? other : low, 2]),
    ]);
  },
);
