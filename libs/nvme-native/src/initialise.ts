/** A bring-up by a script: at `open`, and again at each `reset` and `reopen`. */
import { addon, type NativeRenewal, settle } from "./addon/addon";
import { waitReady } from "./bare/ready";
import type { Controller, Initialise } from "./driver";

type Reached = Controller & { use(): Parameters<ReturnType<typeof addon>["setUpAdminQueue"]>[0] };

/** ms until the script was done. @throws what it throws */
export async function initialiseBy(initialise: Initialise, controller: Reached): Promise<number> {
  const start = performance.now();
  await initialise(controller, {
    setUpAdminQueue: () => settle(addon().setUpAdminQueue(controller.use())),
    waitReady: (ready) => waitReady(controller, ready),
  });
  return performance.now() - start;
}

/** A reset, or with `restart` what `reopen` does. When the script throws, everything outstanding is settled all the same. */
export async function renewBy(initialise: Initialise, controller: Reached, restart: boolean): Promise<NativeRenewal> {
  const handle = controller.use();
  await settle(addon().beginRenewal(handle, restart));
  let readyMs: number;
  try {
    readyMs = await initialiseBy(initialise, controller);
  } catch (reason) {
    await settle(addon().endRenewal(handle, false));
    throw reason;
  }
  return { ...(await settle(addon().endRenewal(handle, true))), readyMs };
}
