/** Admin commands that are answered at once (B032 to B054); events are in events.ts, what takes its time in background.ts. */
import { Completions, expectStatus, field, Pcie, succeeded } from "../../src";
import { holdsOnce } from "../bench-drive";
import { atOnce } from "./at-once";
import { behaviour, unknownWithoutData } from "./behaviour";

behaviour("B032", "Identify into a buffer and the named fields agree", {}, async ({ controller }) => {
  const page = controller.createBuffer(4096);
  expectStatus(await controller.commands.identify(page));
  expect(page.get(0)).toBe(controller.identity.raw[0]);
  expect(page.text(63, 24)).toBe(controller.identity.model);
  expect(controller.identity.model).not.toBe("");
});

behaviour("B033", "Identify takes buffers of a page and more, and refuses shorter ones here", {}, async (bench) => {
  const { controller } = bench;
  for (const length of [512, 3000]) {
    await expect(controller.commands.identify(new Uint8Array(length))).rejects.toMatchObject({
      code: "ERR_ARGUMENT",
      message: expect.stringContaining(`data has ${length} bytes, it must have 4096`),
    });
  }
  for (const length of [4096, 8192]) {
    const page = new Uint8Array(length);
    expectStatus(await controller.commands.identify(page));
    expect(field(page, 1, 0)).toBe(BigInt(controller.identity.vid));
  }
});

behaviour("B034", "a namespace without thin provisioning has its size as capacity", {}, async ({ ns, skip }) => {
  if ((ns.identity.raw[24]! & 1) === 1) skip("NSFEAT.0 is 1: the namespace is thin");
  expect(field(ns.identity.raw, 7, 0)).toBe(field(ns.identity.raw, 15, 8));
});

behaviour("B036", "the list of active namespaces begins with one", {}, async ({ controller }) => {
  const { completion, data } = await controller.identifyRaw(2, 0);
  expectStatus(completion);
  expect(field(data, 3, 0)).toBeGreaterThan(0n);
  expect((await controller.activeNamespaces())[0]).toBe(Number(field(data, 3, 0)));
});

behaviour("B037", "an unknown admin opcode ends with 00/01", {}, async ({ controller }) => {
  expectStatus(await controller.admin({ opcode: 0xff }), 0, 0x01);
});

behaviour("B038", "Get Features with fid 0 ends with 00/02", {}, async ({ controller }) => {
  expectStatus(await controller.admin({ opcode: 0x0a }), 0, 0x02);
});

behaviour("B039", "a raw Get Features tells the same as the named one", {}, async ({ controller }) => {
  const raw = expectStatus(await controller.admin({ opcode: 0x0a, nsid: 1, cdw10: 7 }));
  expect(expectStatus(await controller.getFeature(7)).cdw0).toBe(raw.cdw0);
});

behaviour("B040", "Set, then Get Features 7 gives the same numbers each time", {}, async ({ controller, qpair }) => {
  const granted = expectStatus(await controller.getFeature(7)).cdw0;
  const done = new Completions();
  // Queue pairs that exist forbid it (00/0c): the number is negotiated before.
  done.add(controller.setFeature(7, granted));
  const refused = await done.wait(1);
  expect([0x00, 0x0c]).toContain(refused.completions[0]!.sc);
  await qpair.delete();
  for (let i = 0; i < 3; i++) {
    const set = await controller.setFeature(7, granted);
    if (succeeded(set)) expect(set.cdw0).toBe(granted);
    done.add(controller.getFeature(5));
    await done.wait(1);
    done.add(controller.getFeature(7));
    expect((await done.wait(1)).cdw0).toBe(granted);
  }
});

/** Error Recovery (05h) belongs to a namespace. */
behaviour("B041", "features are set, read back and restored from completion to completion", {}, async (bench) => {
  const { controller } = bench;
  const old = expectStatus(await controller.getFeature(5, { nsid: 1 })).cdw0;
  const done = new Completions();
  const seen: number[] = [];
  done.add(controller.setFeature(5, old + 1, { nsid: 1 }), (set) => {
    expectStatus(set);
    done.add(controller.getFeature(5, { nsid: 1 }), (read) => {
      seen.push(expectStatus(read).cdw0);
      done.add(controller.setFeature(5, old, { nsid: 1 }), expectStatus as (set: unknown) => unknown);
    });
  });
  expect((await done.wait(3)).timedOut).toBe(false);
  expect(seen).toEqual([old + 1]);
  expect((await controller.getFeature(5, { nsid: 1 })).cdw0).toBe(old);
});

behaviour(
  "B042",
  "every power state can be set and read back, and formats there",
  { needs: ["power-states", "format"] },
  async ({ controller }) => {
    const states = controller.identity.raw[263]!;
    for (let state = states; state >= 0; state--) {
      expectStatus(await controller.setFeature(2, state));
      expect((await controller.getFeature(2)).cdw0).toBe(state);
      for (const secureErase of [0, 1])
        expect(expectStatus(await controller.format(1, { lbaFormat: 0, secureErase })).cdw0).toBe(0);
    }
    expectStatus(await controller.setFeature(2, states + 1), 0, 2);
  },
);

behaviour(
  "B042",
  "I/O brings the drive back to its newest operational power state",
  { needs: ["power-states"], on: ["model"] },
  async ({ controller, ns, qpair }) => {
    await controller.setFeature(2, 1);
    await controller.setFeature(2, 4);
    expectStatus(await ns.read(qpair, 0n, new Uint8Array(512)));
    expect((await controller.getFeature(2)).cdw0).toBe(1);
  },
);

behaviour(
  "B043",
  "reads right behind a change of the power state return what was written",
  { needs: ["power-states"] },
  async ({ controller, ns, qpair, host }) => {
    const data = new Uint8Array(ns.identity.lbaBytes);
    expectStatus(await ns.write(qpair, 0x5an, new Uint8Array(ns.identity.lbaBytes).fill(0x5a)));
    if (host === "model") await new Pcie(controller).setAspm(2);
    const states = controller.identity.raw[263]!;
    for (let i = 0; i < 1000; i++) {
      expectStatus(await controller.setFeature(2, 1 + (i % states)));
      // 0 to 999 us behind it, each once: no timer of the event loop is as fine.
      const until = performance.now() + i / 1000;
      while (performance.now() < until);
      expectStatus(await ns.read(qpair, 0x5an, data.fill(0)));
      expect(data[0]).toBe(0x5a);
    }
    if (host === "model") expect(await new Pcie(controller).aspm()).toBe(2);
  },
);

behaviour("B044", "126 Set Features are outstanding at once and all complete in one wait", {}, async (bench) => {
  const { controller } = bench;
  const done = new Completions();
  const value = expectStatus(await controller.getFeature(5, { nsid: 1 })).cdw0;
  await atOnce(bench, controller, 126, () => {
    for (let i = 0; i < 126; i++) done.add(controller.setFeature(5, value, { nsid: 1 }));
  });
  const { completions, timedOut } = await done.wait(126);
  expect(timedOut).toBe(false);
  for (const completion of completions) expectStatus(completion);
});

behaviour("B046", "an abort completes and the read ends done or aborted", {}, async ({ controller, ns, qpair }) => {
  for (let i = 0; i < 100; i++) {
    const read = ns.read(qpair, BigInt(i), new Uint8Array(ns.identity.lbaBytes));
    const [sent] = await qpair.outstanding();
    const abort = expectStatus(await controller.commands.abort(sent?.cid ?? 0, qpair.qid));
    expect([0, 1]).toContain(abort.cdw0);
    const completion = await read;
    expectStatus(completion, 0, completion.sc === 0x07 ? 0x07 : 0);
  }
});

behaviour("B046", "a read that is outstanding is aborted", { slowReads: true }, async (bench) => {
  const { controller, ns, qpair, host } = bench;
  if (host !== "model") bench.differs("SPDK's target may leave a read to its medium and say so in bit 0 of dword 0");
  // Whoever comes when the read has ended, having been kept from running, has aborted nothing.
  await holdsOnce(10, async () => {
    const before = qpair.cmdlog(1)[0]?.sequence;
    const read = ns.read(qpair, 9n, new Uint8Array(512));
    let sent = qpair.cmdlog(1)[0];
    while (sent === undefined || sent.sequence === before) {
      await new Promise(setImmediate);
      sent = qpair.cmdlog(1)[0];
    }
    expect(sent.outstanding).toBe(true);
    const { cdw0 } = expectStatus(await controller.commands.abort(sent.cid, qpair.qid));
    const completion = await read;
    expect([0, 1]).toContain(cdw0);
    expectStatus(completion, 0, completion.sc === 0x07 ? 0x07 : 0);
    if (host !== "model") return;
    expect([cdw0, completion.sc]).toEqual([0, 0x07]);
    // It has ended: nobody aborts it again.
    expect(expectStatus(await controller.commands.abort(sent.cid, qpair.qid)).cdw0).toBe(1);
  });
});

behaviour("B052", "the SMART log has a plausible temperature and spare", { needs: ["smart-log"] }, async (bench) => {
  const { completion, data } = await bench.controller.getLogPage(2, 512);
  expectStatus(completion);
  const kelvin = Number(field(data, 2, 1));
  // Between -40 and 125 degrees; a drive that measures nothing says 0.
  expect(kelvin === 0 || (kelvin > 233 && kelvin < 398)).toBe(true);
  expect(data[3]).toBeLessThanOrEqual(100);
});

behaviour("B053", "Get Log Page changes as many dwords as were asked for", { needs: ["smart-log"] }, async (bench) => {
  const { controller } = bench;
  if (bench.host === "spdk-tcp") bench.differs("SPDK's target fills what is behind them with zeroes");
  for (const numd of [0, 4, 7, 15]) {
    // More room than the drive is asked to fill.
    const page = controller.createBuffer(512, { pattern: "ones" });
    const asked = 4 * (numd + 1);
    const command = { opcode: 2, nsid: 0xffff_ffff, cdw10: (numd << 16) | 2 };
    expectStatus(await controller.admin(command, page, "from-device"));
    // Behind them SPDK's target sends zeroes over TCP, as long as there is room.
    const rest = bench.host === "spdk-tcp" ? 0 : 0xff;
    expect(page.bytes.subarray(asked).every((byte) => byte === rest)).toBe(true);
    // Bytes 1 and 2 are the temperature, which may change.
    const whole = (await controller.getLogPage(2, 512)).data;
    expect(page.bytes.subarray(3, asked)).toEqual(whole.subarray(3, asked));
    expect(page.get(0)).toBe(whole[0]);
  }
});

behaviour(
  "B054",
  "the log of supported commands agrees with what is executed",
  { needs: ["effects-log"] },
  async (bench) => {
    const { controller, ns, qpair, host } = bench;
    expect(await controller.supports(0x06)).toBe(true);
    expect(await controller.supports(0x02, "io")).toBe(true);
    // Delete I/O Submission Queue and Flush; SPDK's target keeps queues of fabrics, where there is no such command.
    const queues = host === "model" || host === "spdk-pcie";
    if (!queues) bench.differs("SPDK's target has no Delete I/O Submission Queue in the log");
    expect([await controller.supports(0), await controller.supports(0, "io")]).toEqual([queues, true]);
    expect(await controller.supports(0xff)).toBe(false);
    expect(await controller.supports(0xff, "io")).toBe(false);
    expectStatus(await controller.admin({ opcode: 0xff }), 0, 1);
    // The low bits of an opcode tell the direction of its data; this one has none.
    expect(await controller.supports(0x9c, "io")).toBe(false);
    expectStatus(await ns.io(qpair, { opcode: 0x9c }), 0, 1);
    expectStatus(await ns.io(qpair, { opcode: 0xff }), 0, unknownWithoutData(host));
  },
);
