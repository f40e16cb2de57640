/** Weighted round robin (B078). */
import { expectStatus } from "../../src";
import { behaviour } from "./behaviour";

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
