/** Timeouts, waiting, what pynvme does with callbacks (B063 to B072). */
import { type Completion, Completions, expectStatus, statusField, statusText } from "../../src";
import { holdsOnce } from "../bench-drive";
import { behaviour } from "./behaviour";

behaviour(
  "B063",
  "a command older than the timeout is finished locally, all ones in dword 0, and the drive's answer is ignored later",
  { slowReads: true },
  async ({ controller, ns, qpair }) => {
    expectStatus(await ns.write(qpair, 9n, new Uint8Array(512).fill(9)));
    await controller.setTimeoutMs(20);
    const data = new Uint8Array(512).fill(1);
    const late = expectStatus(await ns.read(qpair, 9n, data), 7, 0x80);
    expect(late).toMatchObject({ local: true, cdw0: 0xffff_ffff });
    expect(data.every((byte) => byte === 1)).toBe(true);
    expect(qpair.cmdlog(1)[0]).toMatchObject({ local: true, outstanding: false, name: "Read" });
    await controller.setTimeoutMs(15_000);
    // The late answer has come by the time that a second read has.
    expectStatus(await ns.read(qpair, 9n, data));
    expect(data.every((byte) => byte === 9)).toBe(true);
    expect(qpair.cmdlog()).toHaveLength(3);
  },
);

behaviour(
  "B064",
  "the same command completes normally when the timeout is long enough",
  { slowReads: true },
  async ({ controller, ns, qpair }) => {
    await controller.setTimeoutMs(15_000);
    expect(controller.timeoutMs).toBe(15_000);
    const completion = expectStatus(await ns.read(qpair, 9n, new Uint8Array(512)));
    expect(completion.local).toBe(false);
    expect(completion.cdw0).not.toBe(0xffff_ffff);
    // So much longer than a write that it was outstanding.
    const write = expectStatus(await ns.write(qpair, 9n, new Uint8Array(512)));
    expect(completion.latencyNs).toBeGreaterThan(write.latencyNs);
  },
);

behaviour(
  "B063",
  "a format longer than the timeout is finished locally, and its own answer is ignored later",
  { on: ["model"], needs: ["format"], spec: { formatMs: 300 } },
  async ({ controller, ns, qpair }) => {
    const format = () => controller.admin({ opcode: 0x80, nsid: 1 });
    await controller.setTimeoutMs(20);
    const late = expectStatus(await format(), 7, 0x80);
    expect(late).toMatchObject({ local: true, cdw0: 0xffff_ffff });
    await controller.setTimeoutMs(15_000);
    expect(expectStatus(await format())).toMatchObject({ local: false, cdw0: 0 });
    expectStatus(await ns.read(qpair, 9n, new Uint8Array(512)));
    expect(controller.cmdlog().filter(({ outstanding }) => outstanding)).toEqual([]);
  },
);

behaviour("B065", "waiting for an admin completion that never comes ends with a value", {}, async ({ controller }) => {
  const done = new Completions();
  const sent = done.add(controller.getFeature(7));
  const waited = await done.wait(2, { timeoutMs: 200 });
  expect(waited).toEqual({ completions: [await sent], timedOut: true, cdw0: (await sent).cdw0 });
  expect(await done.wait(1, { timeoutMs: 20 })).toEqual({ completions: [], timedOut: true, cdw0: null });
});

behaviour("B066", "the same on a queue pair, which is deleted after it", {}, async ({ ns, qpair, controller }) => {
  const done = new Completions();
  done.add(ns.read(qpair, 0n, new Uint8Array(ns.identity.lbaBytes)));
  const waited = await done.wait(2, { timeoutMs: 200 });
  expect(waited).toMatchObject({ timedOut: true, completions: [{ sct: 0, sc: 0 }] });
  await qpair.delete();
  expectStatus(await controller.getFeature(7));
});

behaviour(
  "B066",
  "a queue pair with reads outstanding is deleted, and they settle",
  { slowReads: true },
  async (bench) => {
    const { controller, ns } = bench;
    const other = await controller.createQpair({ depth: 8 });
    const reads = Array.from({ length: 4 }, (_, i) => ns.read(other, BigInt(i), new Uint8Array(512)));
    await other.delete();
    for (const completion of await Promise.all(reads))
      expect(["00/00", "00/08", "07/82"]).toContain(statusText(completion));
    expectStatus(await controller.getFeature(7));
  },
);

behaviour("B067", "waiting for nothing ends at once", {}, async ({ controller }) => {
  const done = new Completions();
  expect(await done.wait(0)).toEqual({ completions: [], timedOut: false, cdw0: null });
  done.add(controller.getFeature(7));
  expect((await done.wait(0)).timedOut).toBe(false);
  expect((await done.wait(1)).completions).toHaveLength(1);
});

behaviour("B069", "a wait inside what is done with a completion works, and the outer one too", {}, async (bench) => {
  const { controller } = bench;
  const done = new Completions();
  const inner: number[] = [];
  done.add(controller.getFeature(7), async () => {
    done.add(controller.getFeature(5));
    inner.push((await done.wait(1)).completions.length);
  });
  expect(await done.wait(1)).toMatchObject({ timedOut: false, completions: [{ sct: 0, sc: 0 }] });
  expect(inner).toEqual([1]);
});

behaviour("B069", "an error inside what is done with a completion ends the wait, no more", {}, async (bench) => {
  const { controller } = bench;
  const done = new Completions();
  done.add(controller.getFeature(7), () => {
    throw new Error("the script's own mistake");
  });
  await expect(done.wait(1)).rejects.toThrow("the script's own mistake");
  expect((await done.wait(1)).completions).toHaveLength(1);
  expectStatus(await controller.getFeature(7));
});

behaviour(
  "B070",
  "a completion comes whole to its callback: every dword, status field and cid as they were recorded",
  {},
  async ({ controller }) => {
    for (const [command, status] of [
      [{ opcode: 0x0a, cdw10: 7 }, "00/00"],
      [{ opcode: 0x0a, cdw10: 0 }, "00/02"],
    ] as const) {
      const done = new Completions();
      const seen: Completion[] = [];
      const sent = done.add(controller.admin(command), (completion) => seen.push(completion));
      await done.wait(1);
      expect(seen).toEqual([await sent]);
      const completion = seen[0]!;
      expect(statusText(completion)).toBe(status);
      const [dword0, dword1, , dword3] = completion.dwords!;
      expect([dword0, dword1]).toEqual([completion.cdw0, 0]);
      expect(dword3 & 0xffff).toBe(completion.cid);
      // Without the phase bit.
      expect((dword3 >>> 16) & ~1).toBe(statusField(completion));
      const recorded = controller.cmdlog().find(({ name }) => name === "Get Features")!;
      expect(recorded.completion).toEqual(completion.dwords);
    }
  },
);

behaviour("B070", "a function of another shape is refused before anything waits on it", {}, async ({ controller }) => {
  const done = new Completions();
  const wrong = [(_cdw0: number, _status1: number) => {}, "no function"] as unknown as (() => void)[];
  for (const then of wrong)
    expect(() => done.add(controller.getFeature(7), then)).toThrow(expect.objectContaining({ code: "ERR_ARGUMENT" }));
  done.add(controller.getFeature(7));
  expect((await done.wait(1)).timedOut).toBe(false);
});

behaviour("B071", "a write whose completion sends the read, with one wait for both", {}, async ({ ns, qpair }) => {
  const lbaBytes = ns.identity.lbaBytes;
  const hello = globalThis.Buffer.from("hello world");
  const written = new Uint8Array(lbaBytes);
  written.set(hello, 10);
  const read = new Uint8Array(lbaBytes);
  const done = new Completions();
  done.add(ns.write(qpair, 16n, written), () => void done.add(ns.read(qpair, 16n, read)));
  expect(read.includes(hello[0]!)).toBe(false);
  const { completions } = await done.wait(2);
  for (const completion of completions) expectStatus(completion);
  expect(globalThis.Buffer.from(read.subarray(10, 21)).toString()).toBe("hello world");
});

behaviour("B072", "two controllers are waited for at the same time", { depth: 64 }, async (bench) => {
  const drives = [bench, await bench.open()];
  const waits = drives.map(async ({ controller, ns, qpair }) => {
    const done = new Completions();
    for (let round = 0; round < 10; round++) {
      for (let i = 0; i < 20; i++) done.add(ns.read(qpair, BigInt(i), new Uint8Array(ns.identity.lbaBytes)));
      done.add(controller.getFeature(7));
      const { completions, timedOut } = await done.wait(21);
      expect(timedOut).toBe(false);
      for (const completion of completions) expectStatus(completion);
    }
  });
  await Promise.all(waits);
});

behaviour("B072", "a wait on a slow drive holds nobody up who waits on another", { slowReads: true }, async (slow) => {
  const quick = await slow.open();
  const sector = () => new Uint8Array(slow.ns.identity.lbaBytes);
  // Three: who is kept from running meanwhile finds the slow one ended as well.
  await holdsOnce(3, async () => {
    const done = new Completions();
    let ended = false;
    const read = done.add(slow.ns.read(slow.qpair, 0n, sector()), () => {
      ended = true;
    });
    const waited = done.wait(1);
    // Each with a wait of its own, one behind the other.
    for (let i = 0; i < 10; i++) {
      const others = new Completions();
      others.add(quick.ns.write(quick.qpair, BigInt(i), sector()));
      others.add(quick.controller.getFeature(7));
      for (const completion of (await others.wait(2)).completions) expectStatus(completion);
    }
    const endedBefore = ended;
    expect((await waited).completions).toEqual([expectStatus(await read)]);
    expect(endedBefore).toBe(false);
  });
});
