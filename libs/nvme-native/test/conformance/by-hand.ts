/** A bench's drive in bare mode. */
import { type BareAdmin, type BareController, driver, expectStatus } from "../../src";
import type { ConformanceBench } from "./behaviour";

/** Hosts that let a script do it. */
export const BY_HAND = { on: ["model", "spdk-vfio-user", "spdk-pcie"] as const };

/** The bench's drive, let go by the driver and attached to as it is. */
export async function attached(bench: ConformanceBench, body: (device: BareController) => Promise<void>) {
  await bench.controller.close();
  const device = await driver.openBare(bench.controller.address);
  try {
    await body(device);
  } finally {
    await device.close();
  }
}

/** Attached, and brought up by the script. */
export function byHand(
  bench: ConformanceBench,
  body: (device: BareController, admin: BareAdmin) => Promise<void>,
): Promise<void> {
  return attached(bench, async (device) => body(device, await device.bringUp()));
}

/** One queue pair of the script's own; its completion queue interrupts with `vector` when there is one. */
export async function queues(
  device: BareController,
  admin: BareAdmin,
  options: { qid?: number; entries: number; scattered?: boolean; vector?: number },
) {
  const place = { qid: options.qid ?? 1, entries: options.entries, scattered: options.scattered ?? false };
  const cq = device.completionQueue(place);
  const sq = device.submissionQueue({ ...place, completionQueue: cq });
  const { vector } = options;
  expectStatus(await admin.execute(cq.createCommand(vector === undefined ? {} : { vector, interrupts: true })));
  expectStatus(await admin.execute(sq.createCommand()));
  return { cq, sq };
}

/** A page of LBA 7 is written and read back through a queue pair of the script's own. */
export async function worksByHand(device: BareController, admin: BareAdmin): Promise<void> {
  const { cq, sq } = await queues(device, admin, { entries: 4 });
  const page = device.allocate(4096);
  page.bytes.fill(0x3c);
  for (const opcode of [0x01, 0x02]) {
    sq.post({ opcode, nsid: 1, cdw10: 7, prp1: page.physical() });
    await sq.ring();
    expect(status((await cq.wait(1))[0]!)).toBe("00/00");
    if (opcode === 0x01) page.bytes.fill(0);
  }
  expect(page.bytes.subarray(0, 512).every((byte) => byte === 0x3c)).toBe(true);
}

export const status = ({ sct, sc }: { sct: number; sc: number }) =>
  `${sct.toString(16).padStart(2, "0")}/${sc.toString(16).padStart(2, "0")}`;
