/** That a drive still works, and counted no power cycle. */
import { type Controller, expectStatus, field, type Namespace, type Qpair } from "../../src";
import type { ConformanceBench } from "./behaviour";

export async function works(ns: Namespace, qpair: Qpair): Promise<void> {
  const sent = new Uint8Array(ns.identity.lbaBytes).fill(0x3c);
  expectStatus(await ns.write(qpair, 7n, sent));
  const got = new Uint8Array(ns.identity.lbaBytes);
  expectStatus(await ns.read(qpair, 7n, got));
  expect(got).toEqual(sent);
}

export async function powerCycles(controller: Controller): Promise<bigint> {
  const { completion, data } = await controller.getLogPage(2, 512);
  expectStatus(completion);
  return field(data, 119, 112);
}

/** `reset`, then the controller's own: I/O works and no power cycle was counted. */
export async function resetBy({ controller, ns, qpair }: ConformanceBench, reset: () => Promise<void>): Promise<void> {
  const before = await powerCycles(controller);
  await reset();
  const report = await controller.reset();
  expect(report).toMatchObject({ ok: true, reason: null });
  await works(ns, qpair);
  expect(await powerCycles(controller)).toBe(before);
}
