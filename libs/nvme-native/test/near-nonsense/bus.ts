import { BareAdmin, BareDevice, Pcie } from "../../src";
import type { Bench } from "../bench-drive";
import { type Calls, right } from "./right-call";
import { RAW } from "./sample-arguments";

export const busCalls = async ({ controller }: Bench): Promise<Calls> => {
  const pcie = new Pcie(controller);
  const msix = await pcie.msix();
  await msix.enable();
  const device = new BareDevice(controller);
  const cq = device.completionQueue({ qid: 9, entries: 8 });
  const sq = device.submissionQueue({ qid: 9, entries: 8, completionQueue: cq });
  await controller.admin(cq.createCommand());
  await controller.admin(sq.createCommand());
  const io = new BareAdmin(sq);
  const entry = { ...RAW, opcode: 0, nsid: 1, cdw10: 0, cid: 3, psdt: 0, prp1: 0n, prp2: 0n, mptr: 0n };
  return {
    readConfig: right(
      () => [0, 4],
      (offset, bytes) => pcie.readConfig(offset, bytes),
    ),
    setField: right(
      () => [0x3c, 1, 0],
      (offset, bytes, value) => pcie.setField(offset, bytes, value),
    ),
    waitSet: right(
      () => [0, 1],
      (vector, ms) => msix.waitSet(vector, ms),
    ),
    "a completion queue": right(
      () => [{ qid: 20, entries: 4, scattered: false }],
      (options) => device.completionQueue(options).memory.free(),
    ),
    "a submission queue": right(
      () => [{ qid: 21, entries: 4, scattered: true, completionQueue: cq }],
      (options) => device.submissionQueue(options).memory.free(),
    ),
    allocate: right(
      () => [8192, { scattered: true }],
      (bytes, options) => device.allocate(bytes, options).free(),
    ),
    prpList: right(
      () => [[0n, 4096n]],
      (entries) => device.prpList(entries).free(),
    ),
    createCommand: right(
      () => [{ vector: 1, interrupts: true }],
      (options) => cq.createCommand(options),
    ),
    execute: right(
      () => [{ ...entry }, { timeoutMs: 2000 }],
      (given, options) => io.execute(given, options),
    ),
    put: right(
      () => [0, { ...entry }],
      (index, given) => sq.put(index, given),
    ),
    wait: right(
      () => [0, { timeoutMs: 1 }],
      (count, options) => cq.wait(count, options),
    ),
  };
};
