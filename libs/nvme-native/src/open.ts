import { addon, type NativeAddress, type NativeOpenOptions, settle } from "./addon/addon";
import { MAX_TIMEOUT_MS, type OpenOptions, type TransportAddress } from "./address";
import { integer, object, oneOf, refuse, text } from "./check";
import type { Controller, Initialise } from "./contract/controller";
import type { OpenQueue } from "./contract/driver";
import { bringUpReport, NvmeController } from "./controller";
import { initialiseBy } from "./initialise";
import type { BringUpReport } from "./reset-report";
import { checkTcp } from "./tcp";

const MAX_CMDLOG_ENTRIES = 1 << 20;
const DEFAULT_TIMEOUT_MS = 10_000;
const OPTIONS = ["cmdlogDir", "cmdlogEntries", "timeoutMs"];

/** PCI address with its domain, as SPDK wants it. */
const PCI = /^([0-9a-fA-F]{4}:)?[0-9a-fA-F]{2}:[0-9a-fA-F]{2}\.[0-7]$/;

export function checkAddress(value: TransportAddress): NativeAddress {
  const transport = oneOf("address.transport", (value as TransportAddress | null)?.transport, [
    "model",
    "spdk-pcie",
    "spdk-tcp",
    "spdk-vfio-user",
  ]);
  const plain = { transport, port: 0, nqn: "", hostNqn: "", headerDigest: false, dataDigest: false };
  switch (value.transport) {
    case "model":
    case "spdk-vfio-user":
      object("address", value, ["transport", "path"]);
      return { ...plain, address: text("address.path", value.path, 4096) };
    case "spdk-pcie":
      object("address", value, ["transport", "address"]);
      if (!PCI.test(text("address.address", value.address, 32))) {
        refuse(`address.address is ${JSON.stringify(value.address)}, it must be like 0000:01:00.0`);
      }
      return { ...plain, address: value.address.length === 7 ? `0000:${value.address}` : value.address };
    case "spdk-tcp":
      return checkTcp(value);
  }
}

export function checkOpenOptions(options: OpenOptions): NativeOpenOptions {
  const o = object<OpenOptions>("options", options, OPTIONS);
  const cmdlogEntries = integer("cmdlogEntries", o.cmdlogEntries ?? 4096, 2048, MAX_CMDLOG_ENTRIES);
  if ((cmdlogEntries & (cmdlogEntries - 1)) !== 0)
    refuse(`cmdlogEntries is ${cmdlogEntries}, it must be a power of two`);
  return {
    cmdlogDir: o.cmdlogDir === null || o.cmdlogDir === undefined ? "" : text("cmdlogDir", o.cmdlogDir, 4096),
    cmdlogEntries,
    timeoutMs: integer("timeoutMs", o.timeoutMs ?? DEFAULT_TIMEOUT_MS, 1, MAX_TIMEOUT_MS),
    bringUp: true,
  };
}

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
  const { initialise, ...rest } = object<typeof options>("options", options, [...OPTIONS, "initialise"]);
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
