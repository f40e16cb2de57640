/** Runs in the guest: shows behaviours on the PCIe functions named by argv, one for each message from in-guest.ts. */
import { expect } from "expect";
import { driver, type TransportAddress } from "../../src";
import "../conformance/areas";
import { behaviours } from "../conformance/behaviour";
import { show } from "../conformance/show-behaviour";
import { cutSlot } from "./pci-slot";
import type { GuestAnswer } from "./requests";

Object.assign(globalThis, { expect });
// What a failed behaviour leaves behind is no reason to end.
process.on("unhandledRejection", (reason) => console.error(reason));

const functions = process.argv.slice(2);
const known = new Map(behaviours().map((behaviour) => [`${behaviour.id} ${behaviour.sentence}`, behaviour]));

async function open(): Promise<GuestAnswer> {
  const controller = await driver.open({ transport: "spdk-pcie", address: functions[0]! });
  await controller.close();
  return { skipped: null, differs: [] };
}

async function answer(key: string): Promise<GuestAnswer> {
  if (key === "open") return open().catch((reason) => ({ failed: String(reason) }));
  const behaviour = known.get(key);
  if (behaviour === undefined) return { failed: `no behaviour "${key}"` };
  const place = async (_folder: string, number: number) => {
    const address = functions[number];
    if (address === undefined) throw new Error(`the guest has ${functions.length} drives`);
    return { transport: "spdk-pcie" as const, address };
  };
  const vanish = async (from: TransportAddress) => {
    const bringBack = cutSlot((from as { address: string }).address);
    return async () => bringBack();
  };
  try {
    return await show(behaviour, { host: "spdk-pcie", place, vanish });
  } catch (reason) {
    return { failed: String((reason as Error)?.stack ?? reason) };
  }
}

process.on("message", (key: string) => {
  void answer(key).then((said) => process.send!(said));
});
