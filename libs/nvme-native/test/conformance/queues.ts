/** Queues (B073 to B084). */
import { expectStatus } from "../../src";
import { behaviour } from "./behaviour";

for (const depth of [128, 512, 1024]) {
  behaviour(
    "B075",
    `a queue of ${depth} entries carries ${depth - 1} reads at once and all complete`,
    { depth: 2 },
    async ({ controller, ns, skip }) => {
      const limit = controller.identity.maxQueueEntries;
      if (depth > limit) skip(`the drive's queues have at most ${limit} entries`);
      const qpair = await controller.createQpair({ depth });
      const reads = Array.from({ length: depth - 1 }, (_, i) => ns.read(qpair, BigInt(i), new Uint8Array(512)));
      for (const completion of await Promise.all(reads)) expectStatus(completion);
    },
  );
}
