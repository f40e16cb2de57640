/** How long NVM commands take beside one another (B090, B095). */
import { expectStatus } from "../../src";
import { behaviour } from "./behaviour";

behaviour(
  "B090",
  "ten GB, or all there are, are deallocated in large ranges and the throughput is told",
  { needs: ["deallocate"] },
  async ({ ns, qpair }) => {
    const { lbaCount, lbaBytes } = ns.identity;
    const wanted = 10_000_000_000n / BigInt(lbaBytes);
    const total = wanted < lbaCount ? wanted : lbaCount;
    const commands = 16n;
    let latencyNs = 0;
    for (let i = 0n; i < commands; i++) {
      const slba = (total * i) / commands;
      const lbas = Number((total * (i + 1n)) / commands - slba);
      latencyNs += expectStatus(await ns.deallocate(qpair, [{ slba, lbaCount: lbas }])).latencyNs;
    }
    const bytes = Number(total) * lbaBytes;
    expect(latencyNs).toBeGreaterThan(0);
    const rate = ((bytes / latencyNs) * 1e9) / 2 ** 20;
    process.stdout.write(`deallocated ${bytes} bytes at ${rate.toFixed(0)} MiB/s\n`);
  },
);

behaviour(
  "B095",
  "writes that bypass a volatile cache take longer than those that it takes in",
  {
    needs: ["volatile-cache"],
    on: ["model"],
    spec: { latency: { readUs: 5, writeUs: 20, flushUs: 2000, jitterPercent: 0 } },
  },
  async ({ ns, qpair }) => {
    const nanoseconds = async (fua: boolean) => {
      const latencies: number[] = [];
      for (let i = 0; i < 100; i++) {
        const { latencyNs } = expectStatus(
          await ns.write(qpair, BigInt(i), new Uint8Array(ns.identity.lbaBytes).fill(i), { fua }),
        );
        latencies.push(latencyNs);
      }
      // The middle one: what else this machine does is in the others.
      return latencies.sort((a, b) => a - b)[50]!;
    };
    const [cached, forced] = [await nanoseconds(false), await nanoseconds(true)];
    process.stdout.write(`writes with FUA took ${(forced / cached).toFixed(1)} times as long as cached ones\n`);
    expect(forced / cached).toBeGreaterThan(1);
  },
);
