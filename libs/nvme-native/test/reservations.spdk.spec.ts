/** Reservations between two hosts that share a namespace: SPDK's target over TCP, each host a controller of its own name. */
import { type Controller, driver, expectStatus, type Namespace, type Qpair, Reservations, Tcp } from "../src";
import { TCP_NQN } from "./nvmf-target";
import { WHO_MAY } from "./reservation-types";
import { sectors, spdkSuite } from "./spdk-suite";

const { where, target } = spdkSuite();

interface Host {
  controller: Controller;
  ns: Namespace;
  qpair: Qpair;
  reservations: Reservations;
  hostId: Uint8Array;
}

async function openAs(name: string): Promise<Host> {
  const options = { port: target().port, nqn: TCP_NQN, hostNqn: `nqn.2026-01.org.assay:${name}` };
  const controller = await driver.open(new Tcp("127.0.0.1", options));
  const [ns, qpair] = [await controller.namespace(1), await controller.createQpair({ depth: 16 })];
  const reservations = new Reservations(controller, ns);
  return { controller, ns, qpair, reservations, hostId: await reservations.hostIdentifier({ extended: true }) };
}

/** What is left of registrations goes with them. */
async function withHosts(body: (one: Host, two: Host) => Promise<void>): Promise<void> {
  const hosts: Host[] = [];
  try {
    for (const name of ["one", "two"]) hosts.push(await openAs(name));
    await body(hosts[0]!, hosts[1]!);
  } finally {
    for (const { reservations, qpair } of hosts) {
      await reservations.register(qpair, { action: "unregister", ignoreKey: true }).catch(() => {});
    }
    for (const { controller } of hosts) await controller.close();
  }
}

const register = async ({ reservations, qpair }: Host, newKey: bigint) =>
  expectStatus(await reservations.register(qpair, { action: "register", newKey }));
const report = ({ reservations, qpair }: Host) => reservations.report(qpair, { extended: true });
const write = ({ ns, qpair }: Host) => ns.write(qpair, 0n, sectors(1, 1));
const read = ({ ns, qpair }: Host) => ns.read(qpair, 0n, new Uint8Array(512));
const CONFLICT = [0, 0x83] as const;

where("reservations over TCP", () => {
  test("two names are two hosts, and the same name is the same one again", () =>
    withHosts(async (one, two) => {
      expect(one.hostId).toHaveLength(16);
      expect(one.hostId).not.toEqual(two.hostId);
      // One controller of each host.
      await expect(openAs("one")).rejects.toMatchObject({ code: "ERR_LOCKED" });
    }).then(async () => {
      const ids: Uint8Array[] = [];
      await withHosts(async (one) => void ids.push(one.hostId));
      await withHosts(async (one) => void ids.push(one.hostId));
      expect(ids[0]).toEqual(ids[1]);
    }));

  test("the report names registrants with their keys, and who holds what", () =>
    withHosts(async (one, two) => {
      const before = await report(one);
      expect(before).toMatchObject({ type: null, registrants: [] });
      await register(one, 0x11n);
      await register(two, 0x22n);
      const acquired = { type: "writeExclusive", key: 0x11n } as const;
      expectStatus(await one.reservations.acquire(one.qpair, acquired));
      const { type, registrants, generation } = await report(two);
      expect(type).toBe("writeExclusive");
      const byKey = registrants.sort((a, b) => Number(a.key - b.key));
      expect(byKey).toMatchObject([
        { key: 0x11n, holds: true, hostId: one.hostId },
        { key: 0x22n, holds: false, hostId: two.hostId },
      ]);
      expect(generation).toBeGreaterThan(before.generation);
      expectStatus(await two.reservations.register(two.qpair, { action: "replace", key: 0x22n, newKey: 0x33n }));
      const after = await report(one);
      expect(after.registrants.map(({ key }) => key)).toContain(0x33n);
    }));

  test.each(WHO_MAY)("%s: whom it keeps from reads and writes", (type, may) =>
    withHosts(async (one, two) => {
      await register(one, 1n);
      expectStatus(await one.reservations.acquire(one.qpair, { type, key: 1n }));
      for (const command of [read, write]) expectStatus(await command(one));
      const allowed = async ([reads, writes]: readonly [boolean, boolean]) => {
        expectStatus(await read(two), ...(reads ? ([0, 0] as const) : CONFLICT));
        expectStatus(await write(two), ...(writes ? ([0, 0] as const) : CONFLICT));
      };
      await allowed(may.stranger);
      await register(two, 2n);
      await allowed(may.registered);
      expectStatus(await one.reservations.release(one.qpair, { type, key: 1n }));
      await allowed([true, true]);
    }),
  );

  test("what a host may not do is a conflict or an invalid field, and changes nothing", () =>
    withHosts(async (one, two) => {
      const type = "exclusiveAccess" as const;
      // Not registered.
      expectStatus(await two.reservations.acquire(two.qpair, { type, key: 2n }), ...CONFLICT);
      await register(one, 1n);
      await register(two, 2n);
      // Registered with another key.
      expectStatus(await two.reservations.register(two.qpair, { action: "register", newKey: 3n }), ...CONFLICT);
      expectStatus(await one.reservations.acquire(one.qpair, { type, key: 1n }));
      expectStatus(await two.reservations.acquire(two.qpair, { type, key: 2n }), ...CONFLICT);
      // Not the key that it has.
      expectStatus(await one.reservations.release(one.qpair, { type, key: 9n }), ...CONFLICT);
      // Who holds nothing releases nothing, and that is well.
      expectStatus(await two.reservations.release(two.qpair, { type, key: 2n }));
      expect(await report(two)).toMatchObject({ type });
    }));

  test("preempting takes reservation and registration of another host, clearing takes all", () =>
    withHosts(async (one, two) => {
      await register(one, 1n);
      await register(two, 2n);
      expectStatus(await one.reservations.acquire(one.qpair, { type: "writeExclusive", key: 1n }));
      expectStatus(await write(two), ...CONFLICT);
      const preempt = { action: "preempt", type: "exclusiveAccess", key: 2n, preemptKey: 1n } as const;
      expectStatus(await two.reservations.acquire(two.qpair, preempt));
      const { type, registrants } = await report(two);
      expect({ type, registrants }).toMatchObject({ type: "exclusiveAccess", registrants: [{ key: 2n, holds: true }] });
      expectStatus(await read(one), ...CONFLICT);
      expectStatus(await write(two));
      // The target tells the host that was preempted.
      expect(await one.reservations.notification()).toMatchObject({ type: "registrationPreempted", nsid: 1 });
      expectStatus(await two.reservations.release(two.qpair, { action: "clear", key: 2n }));
      expect(await report(one)).toMatchObject({ type: null, registrants: [] });
      expectStatus(await write(one));
    }));

  test("over fabrics the connection says who the host is", () =>
    withHosts(async (one) => {
      const { sct, sc } = await one.reservations.setHostIdentifier(new Uint8Array(16).fill(7));
      expect([sct, sc]).not.toEqual([0, 0]);
      expect(await one.reservations.hostIdentifier({ extended: true })).toEqual(one.hostId);
    }));
});
