/**
 * Reservations in the software drive. It has one controller: hosts are identifiers that it is given between two resets, as the
 * specification lets a host give them (NVMe Base 2.0, 5.27.1.25). Two at once: reservations.spdk.spec.ts.
 */
import { expectStatus, field, Reservations, Subsystem } from "../src";
import { type Bench, withDrive } from "./bench-drive";
import { WHO_MAY } from "./reservation-types";

const CONFLICT = [0, 0x83] as const;
const GOOD = [0, 0] as const;
const sector = () => new Uint8Array(512);

const withHosts = (body: (as: (host: number) => Promise<Reservations>, bench: Bench) => Promise<void>): Promise<void> =>
  withDrive({}, async (bench) => {
    const { controller, ns } = bench;
    await body(async (host) => {
      expect(await controller.reset()).toMatchObject({ ok: true });
      const reservations = new Reservations(controller, ns);
      expectStatus(await reservations.setHostIdentifier(new Uint8Array(8).fill(host)));
      return reservations;
    }, bench);
  });

test.each(WHO_MAY)("%s: whom it keeps from which commands", (type, may) =>
  withHosts(async (as, { controller, ns, qpair }) => {
    const one = await as(1);
    expectStatus(await one.register(qpair, { action: "register", newKey: 1n }));
    expectStatus(await one.acquire(qpair, { type, key: 1n }));
    const allowed = async ([reads, writes]: readonly [boolean, boolean]) => {
      const [read, write] = [reads ? GOOD : CONFLICT, writes ? GOOD : CONFLICT];
      expectStatus(await ns.read(qpair, 0n, sector()), ...read);
      expectStatus(await ns.compare(qpair, 8n, sector()), ...read);
      expectStatus(await ns.verifyLbas(qpair, 0n, 1), ...read);
      expectStatus(await ns.write(qpair, 0n, sector()), ...write);
      expectStatus(await ns.writeZeroes(qpair, 0n, 1), ...write);
      expectStatus(await ns.deallocate(qpair, [{ slba: 0n, lbaCount: 1 }]), ...write);
      expectStatus(await ns.flush(qpair), ...write);
      expectStatus(await controller.format(1, { lbaFormat: 0 }), ...write);
    };
    await allowed([true, true]);
    const two = await as(2);
    await allowed(may.stranger);
    expectStatus(await two.register(qpair, { action: "register", newKey: 2n }));
    await allowed(may.registered);
    expectStatus(await (await as(1)).release(qpair, { type, key: 1n }));
    await as(3);
    await allowed([true, true]);
  }),
);

test("the report names registrants, their keys and holders; it has the form of the asking host's identifier", () =>
  withHosts(async (as, { controller, ns, qpair }) => {
    expect(field(controller.identity.raw, 521, 520) & 0x20n).toBe(0x20n);
    expect(ns.identity.raw[31]).toBe(0xff);
    const one = await as(1);
    expectStatus(await one.register(qpair, { action: "register", newKey: 0x11n }));
    expectStatus(await one.acquire(qpair, { type: "writeExclusiveAllRegistrants", key: 0x11n }));
    const two = await as(2);
    expectStatus(await two.register(qpair, { action: "register", newKey: 0x22n }));
    // The controller of the one who asks; the other one's is not known.
    expect(await two.report(qpair)).toEqual({
      generation: 2,
      type: "writeExclusiveAllRegistrants",
      persists: false,
      registrants: [
        { controllerId: 0xffff, holds: true, hostId: new Uint8Array(8).fill(1), key: 0x11n },
        { controllerId: 0, holds: true, hostId: new Uint8Array(8).fill(2), key: 0x22n },
      ],
    });
    await expect(two.report(qpair, { extended: true })).rejects.toThrow("00/18");
    expect(await two.notification()).toEqual({ count: 0n, type: "none", waiting: 0, nsid: 0 });
    // With its last registrant a reservation of all of them goes.
    for (const [host, key] of [
      [1, 0x11n],
      [2, 0x22n],
    ] as const)
      expectStatus(await (await as(host)).register(qpair, { action: "unregister", key }));
    expect(await (await as(3)).report(qpair)).toMatchObject({ generation: 4, type: null, registrants: [] });
  }));

test("wrong keys, wrong types and what was not asked for right", () =>
  withHosts(async (as, { qpair }) => {
    const type = "exclusiveAccess" as const;
    const one = await as(1);
    expectStatus(await one.acquire(qpair, { type, key: 1n }), ...CONFLICT);
    expectStatus(await one.register(qpair, { action: "register", newKey: 0n }), 0, 2);
    expectStatus(await one.register(qpair, { action: "replace", key: 0n, newKey: 1n }), ...CONFLICT);
    expectStatus(await one.register(qpair, { action: "register", newKey: 1n }));
    expectStatus(await one.register(qpair, { action: "register", newKey: 1n }));
    expectStatus(await one.register(qpair, { action: "register", newKey: 2n }), ...CONFLICT);
    expectStatus(await one.register(qpair, { action: "replace", key: 9n, newKey: 2n }), ...CONFLICT);
    expectStatus(await one.register(qpair, { action: "replace", key: 9n, newKey: 2n, ignoreKey: true }));
    expectStatus(await one.acquire(qpair, { type, key: 2n, ignoreKey: true }), 0, 2);
    expectStatus(await one.acquire(qpair, { type, key: 1n }), ...CONFLICT);
    for (let i = 0; i < 2; i++) expectStatus(await one.acquire(qpair, { type, key: 2n }));
    expectStatus(await one.acquire(qpair, { type: "writeExclusive", key: 2n }), ...CONFLICT);
    expectStatus(await one.release(qpair, { type: "writeExclusive", key: 2n }), 0, 2);
    expectStatus(await one.release(qpair, { type, key: 1n }), ...CONFLICT);
    const two = await as(2);
    expectStatus(await two.register(qpair, { action: "register", newKey: 5n }));
    expectStatus(await two.acquire(qpair, { type, key: 5n }), ...CONFLICT);
    // Who holds nothing releases nothing.
    expectStatus(await two.release(qpair, { type, key: 5n }));
    expect(await two.report(qpair)).toMatchObject({ type });
  }));

test("preempting takes registration and reservation, or the registrations of one key; clearing takes all", () =>
  withHosts(async (as, { ns, qpair }) => {
    for (const host of [1, 2, 3])
      expectStatus(await (await as(host)).register(qpair, { action: "register", newKey: BigInt(host) }));
    expectStatus(await (await as(1)).acquire(qpair, { type: "writeExclusive", key: 1n }));
    const two = await as(2);
    const preempt = { action: "preempt", type: "exclusiveAccess", key: 2n } as const;
    expectStatus(await two.acquire(qpair, { ...preempt, preemptKey: 9n }), ...CONFLICT);
    expectStatus(await two.acquire(qpair, { ...preempt, preemptKey: 0n }), 0, 2);
    // A registrant that holds nothing: the reservation stays.
    expectStatus(await two.acquire(qpair, { ...preempt, preemptKey: 3n }));
    expect(await two.report(qpair)).toMatchObject({ type: "writeExclusive", registrants: [{ key: 1n }, { key: 2n }] });
    expectStatus(await two.acquire(qpair, { ...preempt, action: "preemptAndAbort", preemptKey: 1n }));
    const left = { type: "exclusiveAccess", registrants: [{ key: 2n, holds: true }] };
    expect(await two.report(qpair)).toMatchObject(left);
    const one = await as(1);
    expectStatus(await ns.read(qpair, 0n, sector()), ...CONFLICT);
    expectStatus(await one.release(qpair, { action: "clear", key: 1n }), ...CONFLICT);
    expectStatus(await (await as(2)).release(qpair, { action: "clear", key: 2n }));
    expect(await (await as(1)).report(qpair)).toMatchObject({ type: null, registrants: [] });
    expectStatus(await ns.read(qpair, 0n, sector()));
  }));

test.each(["keep", "lose"] as const)("over a loss of power: %s", (persist) =>
  withHosts(async (as, { controller, ns, qpair }) => {
    const one = await as(1);
    expectStatus(await one.register(qpair, { action: "register", newKey: 1n, persist }));
    expectStatus(await one.acquire(qpair, { type: "exclusiveAccess", key: 1n }));
    expect(await one.persistence()).toBe(persist === "keep");
    expect(await new Subsystem(controller).powerCycle({ offMs: 0 })).toMatchObject({ ok: true });
    const two = await as(2);
    expectStatus(await ns.read(qpair, 0n, sector()), ...(persist === "keep" ? CONFLICT : GOOD));
    expect((await two.report(qpair)).registrants).toHaveLength(persist === "keep" ? 1 : 0);
    expectStatus(await two.setPersistence(persist !== "keep"));
    expect(await two.persistence()).toBe(persist !== "keep");
  }),
);

test("a host that has said who it is stays that until a reset; one without a name is another one after it", () =>
  withHosts(async (as, { controller, ns, qpair }) => {
    const one = await as(1);
    expectStatus(await one.setHostIdentifier(new Uint8Array(8).fill(1)));
    expectStatus(await one.setHostIdentifier(new Uint8Array(8).fill(2)), 0, 0x0c);
    expect(await one.hostIdentifier()).toEqual(new Uint8Array(8).fill(1));
    await controller.reset();
    const unnamed = new Reservations(controller, ns);
    expect(await unnamed.hostIdentifier()).toEqual(new Uint8Array(8));
    expectStatus(await unnamed.register(qpair, { action: "register", newKey: 1n }));
    expect((await unnamed.report(qpair)).registrants).toHaveLength(1);
    await controller.reset();
    expect((await unnamed.report(qpair)).registrants).toEqual([]);
    expectStatus(await unnamed.setHostIdentifier(new Uint8Array(16).fill(4)));
    expectStatus(await unnamed.register(qpair, { action: "register", newKey: 1n }));
    const { registrants } = await unnamed.report(qpair, { extended: true });
    expect(registrants).toMatchObject([{ hostId: new Uint8Array(16).fill(4), key: 1n }]);
    expectStatus(await unnamed.setNotificationMask({ reservationReleased: true }));
    expect((await controller.getFeature(0x82, { nsid: 1 })).cdw0).toBe(4);
  }));
