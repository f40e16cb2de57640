/** A bench's drive, brought up by a script. */
import { type Controller, driver, expectStatus, type Initialise } from "../../src";
import type { ConformanceBench } from "./behaviour";

/** A bring-up that asks for so many queue pairs; how many were granted is added to `grants`. */
export function bringUpFor(pairs: number, grants: number[] = []): Initialise {
  return async (controller, steps) => {
    await controller.writeRegister(0x14, 0n, 4);
    await steps.waitReady(false);
    await steps.setUpAdminQueue();
    await controller.writeRegister(0x14, 0x0046_0000n, 4);
    await controller.writeRegister(0x14, 0x0046_0001n, 4);
    expect(await steps.waitReady(true)).toBeGreaterThan(0);
    const { cdw0 } = expectStatus(await controller.setFeature(7, ((pairs - 1) << 16) | (pairs - 1)));
    grants.push(Math.min(cdw0 & 0xffff, cdw0 >>> 16) + 1);
  };
}

/** The bench's drive, opened again with a bring-up of the script's. */
export async function byScript(
  bench: ConformanceBench,
  initialise: Initialise,
  body: (controller: Controller) => Promise<void>,
) {
  await bench.controller.close();
  const controller = await driver.open(bench.controller.address, { initialise });
  try {
    await body(controller);
  } finally {
    await controller.close();
  }
}
