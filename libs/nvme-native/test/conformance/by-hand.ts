/** A bench's drive in bare mode. */
import { type BareAdmin, type BareController, driver, expectStatus } from "../../src";
import type { ConformanceBench } from "./behaviour";

/** The bench's drive, let go by the driver and taken by hand. */
export async function byHand(
  bench: ConformanceBench,
  body: (device: BareController, admin: BareAdmin) => Promise<void>,
): Promise<void> {
  await bench.controller.close();
  const device = await driver.openBare({ transport: "model", path: bench.drive! });
  try {
    await body(device, await device.bringUp());
  } finally {
    await device.close();
  }
}

/** One queue pair of the script's own. */
export async function queues(
  device: BareController,
  admin: BareAdmin,
  options: { qid?: number; entries: number; scattered?: boolean },
) {
  const place = { qid: options.qid ?? 1, entries: options.entries, scattered: options.scattered ?? false };
  const cq = device.completionQueue(place);
  const sq = device.submissionQueue({ ...place, completionQueue: cq });
  expectStatus(await admin.execute(cq.createCommand()));
  expectStatus(await admin.execute(sq.createCommand()));
  return { cq, sq };
}

export const status = ({ sct, sc }: { sct: number; sc: number }) =>
  `${sct.toString(16).padStart(2, "0")}/${sc.toString(16).padStart(2, "0")}`;
