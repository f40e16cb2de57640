/** Queues (B073 to B084). */

import { readFileSync } from "node:fs";
import { decodeCmdlog } from "@assay/protocol";
import { type Completion, expectStatus, type Qpair } from "../../src";
import { atOnce } from "./at-once";
import { behaviour } from "./behaviour";

const sector = (ns: { identity: { lbaBytes: number } }) => new Uint8Array(ns.identity.lbaBytes);

behaviour(
  "B073",
  "queue pairs have any depth from 2 to the drive's own limit, and no other",
  {},
  async ({ controller, ns }) => {
    const limit = controller.identity.maxQueueEntries;
    const depths = [...Array.from({ length: 64 }, (_, i) => 2 * (i + 1)), 1024, 1025, limit].filter(
      (depth) => depth <= limit,
    );
    for (const depth of depths) {
      const qpair = await controller.createQpair({ depth });
      expectStatus(await ns.read(qpair, 0n, sector(ns)));
      await qpair.delete();
    }
    for (const depth of [1, limit + 1]) {
      await expect(controller.createQpair({ depth })).rejects.toMatchObject({
        code: "ERR_ARGUMENT",
        message: `depth is ${depth}, it must be an integer from 2 to ${limit}`,
      });
    }
  },
);

for (const depth of [128, 512, 1024]) {
  behaviour(
    "B075",
    `a queue of ${depth} entries carries ${depth - 1} reads at once and all complete`,
    { depth: 2 },
    async (bench) => {
      const { controller, ns, skip } = bench;
      const limit = controller.identity.maxQueueEntries;
      if (depth > limit) skip(`the drive's queues have at most ${limit} entries`);
      const qpair = await controller.createQpair({ depth });
      const reads: Promise<Completion>[] = [];
      await atOnce(bench, qpair, depth - 1, () => {
        for (let i = 1; i < depth; i++) reads.push(ns.read(qpair, BigInt(i), sector(ns)));
      });
      for (const completion of await Promise.all(reads)) expectStatus(completion);
    },
  );
}

behaviour(
  "B075",
  "a full queue of slow reads takes no longer than a few of them",
  { slowReads: true },
  async (bench) => {
    const { controller, ns } = bench;
    const depth = Math.min(128, controller.identity.maxQueueEntries);
    const qpair = await controller.createQpair({ depth });
    const { latencyNs } = expectStatus(await ns.read(qpair, 0n, sector(ns)));
    const begun = process.hrtime.bigint();
    const reads = Array.from({ length: depth - 1 }, (_, i) => ns.read(qpair, BigInt(i), sector(ns)));
    for (const completion of await Promise.all(reads)) expectStatus(completion);
    expect(Number(process.hrtime.bigint() - begun)).toBeLessThan((latencyNs * depth) / 8);
  },
);

behaviour(
  "B077",
  "50 queue pairs one after the other, and all at once, leave no queue id behind",
  {},
  async (bench) => {
    const { controller, ns } = bench;
    const depth = Math.min(80, controller.identity.maxQueueEntries);
    const qids = new Set<number>();
    for (let i = 0; i < 50; i++) {
      const qpair = await controller.createQpair({ depth });
      qids.add(qpair.qid);
      expectStatus(await ns.read(qpair, 0n, sector(ns)));
      await qpair.delete();
    }
    expect(qids.size).toBe(1);
    const together = Math.min(16, controller.identity.maxQpairs - 1);
    for (let round = 0; round < 3; round++) {
      const made: Qpair[] = [];
      for (let i = 0; i < together; i++) made.push(await controller.createQpair({ depth }));
      expect(new Set(made.map(({ qid }) => qid)).size).toBe(together);
      const reads = made.map((qpair) => ns.read(qpair, 0n, sector(ns)));
      for (const completion of await Promise.all(reads)) expectStatus(completion);
      for (const qpair of made) await qpair.delete();
    }
  },
);

behaviour("B077", "one queue pair more than the drive has is refused, the others go on", {}, async (bench) => {
  const { controller, ns, qpair, skip } = bench;
  const { maxQpairs } = controller.identity;
  if (maxQpairs > 256) skip(`the drive has ${maxQpairs} queue pairs, too many to use up here`);
  const made: Qpair[] = [];
  for (let i = 1; i < maxQpairs; i++) made.push(await controller.createQpair({ depth: 2 }));
  await expect(controller.createQpair({ depth: 2 })).rejects.toMatchObject({ code: "ERR_QPAIR" });
  for (const each of [qpair, ...made]) expectStatus(await ns.read(each, 0n, sector(ns)));
  await made.pop()!.delete();
  expectStatus(await ns.read(await controller.createQpair({ depth: 2 }), 0n, sector(ns)));
});

behaviour("B078", "a priority without weighted round robin is refused", {}, async ({ controller }) => {
  await expect(controller.createQpair({ depth: 8, priority: 1 })).rejects.toMatchObject({ code: "ERR_QPAIR" });
  await (await controller.createQpair({ depth: 8, priority: 0 })).delete();
});

behaviour(
  "B083",
  "the newest commands stand in the flight recorder, newest first, with names, times and every dword",
  {},
  async ({ controller, ns, qpair }) => {
    for (let i = 0; i < 3; i++) expectStatus(await ns.read(qpair, BigInt(i), sector(ns)));
    await controller.getFeature(7);
    const [third, second] = qpair.cmdlog(2);
    expect(third).toMatchObject({ qid: qpair.qid, name: "Read", opcode: 2, slba: 2n, lbaCount: 1n, sct: 0, sc: 0 });
    expect(second!.slba).toBe(1n);
    expect(third!.submission).toHaveLength(16);
    expect(third!.submission[0]! & 0xff).toBe(2);
    expect(third!.submission[1]).toBe(ns.nsid);
    expect(third!.submission.slice(10, 13)).toEqual([2, 0, 0]);
    expect(third!.completion).toHaveLength(4);
    expect(third!.submittedNs).toBeGreaterThanOrEqual(second!.completedNs!);
    expect(third!.latencyNs).toBeGreaterThan(0);
    const feature = controller.cmdlog().find((command) => command.name === "Get Features")!;
    expect(feature.cdw[0]).toBe(7);
    await qpair.delete();
    expect(qpair.cmdlog(2)).toEqual([third, second]);
    await controller.close();
    expect(qpair.cmdlog(1)).toEqual([third]);
    expect(controller.cmdlog(1)).toHaveLength(1);
    // The file tells the same without this process.
    const file = decodeCmdlog(readFileSync(qpair.cmdlogPath!));
    expect(file.entries.at(-1)).toMatchObject({ slba: 2n, opcode: 2 });
  },
);

behaviour(
  "B083",
  "the ring keeps the newest 2048 commands",
  { openOptions: { cmdlogEntries: 2048 } },
  async (bench) => {
    const { ns, qpair } = bench;
    const sent = 2100;
    for (let i = 0; i < sent; i += 30) {
      const reads = Array.from({ length: 30 }, (_, k) => ns.read(qpair, BigInt(i + k), sector(ns)));
      for (const completion of await Promise.all(reads)) expectStatus(completion);
    }
    const lbas = qpair.cmdlog().map(({ slba }) => Number(slba));
    expect(lbas).toEqual(Array.from({ length: 2048 }, (_, i) => sent - 1 - i));
  },
);

behaviour("B083", "a command that has not ended is flagged", {}, async ({ controller }) => {
  void controller.admin({ opcode: 0x0c });
  expectStatus(await controller.getFeature(7));
  const event = controller.cmdlog().find((command) => command.opcode === 0x0c)!;
  expect(event).toMatchObject({ outstanding: true, completion: null, latencyNs: null });
  await controller.close();
  const ended = controller.cmdlog().find((command) => command.sequence === event.sequence)!;
  expect(ended).toMatchObject({ outstanding: false, local: true, sct: 7, sc: 0x82 });
});

behaviour("B084", "the newest command's cid and latency can be asked for", {}, async ({ controller, ns, qpair }) => {
  expect(qpair.latest).toBeNull();
  const begun = process.hrtime.bigint();
  const read = expectStatus(await ns.read(qpair, 0n, sector(ns)));
  const wall = Number(process.hrtime.bigint() - begun);
  expect(qpair.latest).toEqual({ cid: read.cid, latencyNs: read.latencyNs });
  expect(qpair.cmdlog(1)[0]!.cid).toBe(read.cid);
  expect(read.latencyNs).toBeGreaterThan(0);
  expect(read.latencyNs).toBeLessThanOrEqual(wall);
  const feature = await controller.getFeature(7);
  expect(controller.latest).toEqual({ cid: feature.cid, latencyNs: feature.latencyNs });
});
