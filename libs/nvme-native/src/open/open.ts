import { addon, settle } from "../addon/addon";
import { object, refuse } from "../check";
import type { Controller, Initialise } from "../contract/controller";
import type { OpenQueue } from "../contract/driver";
import { bringUpReport, NvmeController } from "../controller/controller";
import type { BringUpReport } from "../controller/reset-report";
import type { OpenOptions, TransportAddress } from "./address";
import { checkAddress, checkOpenOptions, OPEN_OPTIONS } from "./check-open";
import { initialiseBy } from "./initialise";

/** Controllers that were opened; those that are closed or forgotten go when somebody looks. */
const opened = new Set<WeakRef<NvmeController>>();

export async function queues(): Promise<OpenQueue[]> {
  const lists = [...opened].map(async (reference): Promise<OpenQueue[]> => {
    const controller = reference.deref();
    if (controller === undefined || controller.closed) {
      opened.delete(reference);
      return [];
    }
    const list = await settle(addon().queues(controller.use()));
    return list.map((queue) => ({ controller, ...queue }));
  });
  return (await Promise.all(lists)).flat();
}

export async function open(
  address: TransportAddress,
  options: OpenOptions & { initialise?: Initialise } = {},
): Promise<Controller> {
  const checked = checkAddress(address);
  const { initialise, ...rest } = object<typeof options>("options", options, [...OPEN_OPTIONS, "initialise"]);
  if (initialise !== undefined && typeof initialise !== "function") refuse("initialise must be a function");
  const native = checkOpenOptions(rest);
  const byScript = initialise !== undefined;
  const made = await settle(addon().open(checked, { ...native, bringUp: !byScript }));
  const report: BringUpReport = bringUpReport(made);
  const controller = new NvmeController(
    address,
    made.handle,
    made.limits,
    native.timeoutMs,
    report,
    initialise ?? null,
  );
  try {
    if (initialise !== undefined) {
      report.readyMs = await initialiseBy(initialise, controller);
    }
    await controller.identify();
    opened.add(new WeakRef(controller));
  } catch (reason) {
    await controller.close();
    throw reason;
  }
  return controller;
}
