/** The streams directive and the logs of what happened to a drive (X14, X15: beyond the table of behaviours). */
import { expectStatus, readEnduranceGroup, readPersistentEvents, Streams } from "../../src";
import { behaviour } from "./behaviour";

behaviour(
  "X14",
  "writes open streams within what the namespace was given, and a reset forgets all of it",
  { needs: ["directives"] },
  async ({ controller, ns, qpair, skip }) => {
    const streams = new Streams(controller, ns.nsid);
    if (!(await streams.directives()).supported) skip("the drive has directives, but no streams");
    const data = new Uint8Array(ns.identity.lbaBytes);
    expectStatus(await ns.write(qpair, 0n, data, { stream: 1 }), 0, 0x02);
    expectStatus(await streams.enable());
    expect(await streams.directives()).toEqual({ supported: true, enabled: true });
    const before = await streams.parameters();
    expect(before).toMatchObject({ allocated: 0, open: 0, available: before.maxStreams });
    const { cdw0 } = expectStatus(await streams.allocate(2));
    expect(cdw0).toBe(2);
    for (const stream of [7, 9, 7, 0xffff]) expectStatus(await ns.write(qpair, 0n, data, { stream }));
    // Of two resources the stream written longest ago made room.
    expect(await streams.open()).toEqual([7, 0xffff]);
    expect(await streams.parameters()).toMatchObject({ allocated: 2, open: 2, available: before.maxStreams - 2 });
    expectStatus(await streams.close(7));
    expect(await streams.open()).toEqual([0xffff]);
    expectStatus(await streams.releaseResources());
    expect(await streams.parameters()).toMatchObject({ allocated: 0, available: before.maxStreams });
    for (let stream = 1; stream <= before.maxStreams + 1; stream++) {
      expectStatus(await ns.write(qpair, 0n, data, { stream }));
    }
    expect(await streams.open()).toHaveLength(before.maxStreams);
    expectStatus(await streams.allocate(1), 1, 0x7f);
    await controller.reset();
    expect((await streams.directives()).enabled).toBe(false);
  },
);

behaviour(
  "X15",
  "the persistent event log tells of resets, formats, sanitizes and namespaces, newest first, as it was when asked",
  { needs: ["persistent-events", "format", "sanitize-crypto-erase"] },
  async ({ controller }) => {
    const timestamp = new Uint8Array(8);
    new DataView(timestamp.buffer).setBigUint64(0, 1_700_000_000_000n, true);
    expectStatus(await controller.admin({ opcode: 0x09, cdw10: 0x0e }, timestamp, "to-device"));
    expectStatus(await controller.format(1, { lbaFormat: 0 }));
    expectStatus(await controller.commands.sanitize("cryptoErase"));
    const event = await controller.commands.events().next();
    expect(event.value).toMatchObject({ type: 6 });
    const log = await readPersistentEvents(controller);
    expect(log.totalEvents).toBe(log.events.length);
    const names = log.events.map(({ name }) => name);
    expect(names.slice(0, 5)).toEqual([
      "sanitizeCompletion",
      "sanitizeStart",
      "formatCompletion",
      "formatStart",
      "timestampChange",
    ]);
    expect(names.at(-1)).toBe("powerOnOrReset");
    expect(log.events.every(({ type }) => log.supported.includes(type))).toBe(true);
    expect(log.events[0]!.timestampMs).toBeGreaterThanOrEqual(1_700_000_000_000);
    await controller.reset();
    expect((await readPersistentEvents(controller)).events[0]).toMatchObject({ name: "powerOnOrReset" });
    const { completion } = await controller.getLogPage(0x0d, 512, { lsp: 0 });
    expectStatus(completion, 0, 0x0c);
  },
);

behaviour(
  "X15",
  "the log of an endurance group counts what SMART counts, and another group is refused",
  { needs: ["endurance-groups"] },
  async ({ controller, ns, qpair }) => {
    const group = ns.identity.raw[102]! | (ns.identity.raw[103]! << 8);
    const before = await readEnduranceGroup(controller, group);
    expectStatus(await ns.write(qpair, 0n, new Uint8Array(ns.identity.lbaBytes)));
    const after = await readEnduranceGroup(controller, group);
    expect(after.hostWrites - before.hostWrites).toBe(1n);
    expect(after.availableSpare).toBe(100);
    expect(after.capacityBytes).toBeGreaterThanOrEqual(ns.identity.lbaCount * BigInt(ns.identity.lbaBytes));
    const { completion } = await controller.getLogPage(0x09, 512, { lsi: group + 1 });
    expectStatus(completion, 0, 0x02);
  },
);
