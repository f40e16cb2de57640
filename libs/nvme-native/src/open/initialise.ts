/** A bring-up by a script: at `open`, and again at each `reset` and `reopen`. */
import { addon, type NativeRenewal, settle } from "../addon/addon";
import { waitReady } from "../bare/ready";
import type { Controller, Initialise } from "../contract/controller";
import { NvmeError } from "../nvme-error";

type Reached = Controller & { use(): Parameters<ReturnType<typeof addon>["setUpAdminQueue"]>[0] };

/** A script that takes longer does not come back; meanwhile everything that is outstanding waits for it. */
const MAX_MS = 600_000;

/** ms until the script was done. @throws what it throws, ERR_TIMEOUT */
export async function initialiseBy(
  initialise: Initialise,
  controller: Reached,
  limitMs: number = MAX_MS,
): Promise<number> {
  const start = performance.now();
  const steps = {
    setUpAdminQueue: () => settle(addon().setUpAdminQueue(controller.use())),
    waitReady: (ready: boolean) => waitReady(controller, ready),
  };
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const reason = new NvmeError("ERR_TIMEOUT", `initialise has not ended within ${limitMs} ms`);
    timer = setTimeout(() => reject(reason), limitMs);
  });
  try {
    await Promise.race([initialise(controller, steps), late]);
  } finally {
    clearTimeout(timer);
  }
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
