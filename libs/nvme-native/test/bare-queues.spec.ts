/** Several who wait on one completion queue by hand: each gets his own, nobody another one's. */
import { BareAdmin, BareDevice, expectStatus } from "../src";
import { type Bench, withDrive } from "./bench-drive";

async function shared({ controller }: Bench, sqids: number[]) {
  const device = new BareDevice(controller);
  const cq = device.completionQueue({ qid: 9, entries: 16 });
  expectStatus(await controller.admin(cq.createCommand()));
  const queues = sqids.map((qid) => device.submissionQueue({ qid, entries: 8, completionQueue: cq }));
  for (const queue of queues) expectStatus(await controller.admin(queue.createCommand()));
  return { cq, queues };
}

const FLUSH = { opcode: 0, nsid: 1 };

test("one cid in flight twice gives two completions", () =>
  withDrive({}, async (bench) => {
    const { queues } = await shared(bench, [9]);
    const io = new BareAdmin(queues[0]!);
    const flush = () => io.execute({ ...FLUSH, cid: 5 });
    expect(await Promise.all([flush(), flush()])).toMatchObject([{ cid: 5 }, { cid: 5 }]);
  }));

test("the same cid on two queues that share a completion queue: each gets the completion of its own queue", () =>
  withDrive({}, async (bench) => {
    const { queues } = await shared(bench, [9, 10, 11]);
    const ends = queues.flatMap((queue) => {
      const io = new BareAdmin(queue);
      return [1, 2, 3].map((cid) => io.execute({ ...FLUSH, cid }));
    });
    expect((await Promise.all(ends)).map(({ sqid, cid }) => [sqid, cid])).toEqual(
      [9, 10, 11].flatMap((sqid) => [1, 2, 3].map((cid) => [sqid, cid])),
    );
  }));

test("what was posted by hand is there for `wait`, though somebody else has looked meanwhile", () =>
  withDrive({}, async (bench) => {
    const { cq, queues } = await shared(bench, [9, 10]);
    const [byHand, other] = queues as [(typeof queues)[0], (typeof queues)[0]];
    for (let cid = 20; cid < 25; cid++) byHand.post({ ...FLUSH, cid });
    await byHand.ring();
    expect(await new BareAdmin(other).execute({ ...FLUSH, cid: 1 })).toMatchObject({ sqid: 10, cid: 1 });
    const came = await cq.wait(5);
    expect(came.map(({ sqid, cid }) => [sqid, cid])).toEqual([20, 21, 22, 23, 24].map((cid) => [9, cid]));
    expect(cq.reap()).toEqual([]);
  }));
