import type { Bench } from "../bench-drive";
import { type Calls, right } from "./right-call";
import { page, RAW } from "./sample-arguments";

export const controllerCalls = ({ controller }: Bench): Calls => ({
  admin: right(
    () => [{ ...RAW, prp1: 0n, prp2: 0n, mptr: 0n }, page(), "from-device"],
    (command, data, direction) => controller.admin(command, data, direction),
  ),
  readRegister: right(
    () => [0x1c, 4],
    (offset, bytes) => controller.readRegister(offset, bytes),
  ),
  writeRegister: right(
    () => [0x0c, 0n, 4],
    (offset, value, bytes) => controller.writeRegister(offset, value, bytes),
  ),
  getFeature: right(
    () => [7, { nsid: 0, select: 0, cdw11: 0, cdw12: 0, cdw13: 0, cdw14: 0, cdw15: 0, data: page() }],
    (fid, options) => controller.getFeature(fid, options),
  ),
  setFeature: right(
    () => [5, 0, { nsid: 0, save: false, cdw12: 0, cdw13: 0, cdw14: 0, cdw15: 0, data: page() }],
    (fid, cdw11, options) => controller.setFeature(fid, cdw11, options),
  ),
  getLogPage: right(
    () => [2, 512, { nsid: 0xffff_ffff, offset: 0, lsp: 0, lsi: 0, retainEvent: true, uuidIndex: 0, csi: 0 }],
    (lid, bytes, options) => controller.getLogPage(lid, bytes, options),
  ),
  createQpair: right(
    () => [{ depth: 4, priority: 0, interrupts: true, vector: 3 }],
    async (options) => (await controller.createQpair(options)).delete(),
  ),
  createBuffer: right(
    () => [4096, { name: "b", pattern: { randomPercent: 50, seed: 1n, sectorBytes: 512 } }],
    (bytes, options) => controller.createBuffer(bytes, options).dump(),
  ),
  namespace: right(
    () => [1, { apart: true }],
    (nsid, options) => controller.namespace(nsid, options),
  ),
  setTimeoutMs: right(
    () => [2000],
    (ms) => controller.setTimeoutMs(ms),
  ),
  reopen: right(
    () => [{ admit: async () => {} }],
    (options) => controller.reopen(options),
  ),
  cmdlog: right(
    () => [3],
    (count) => controller.cmdlog(count),
  ),
  supports: right(
    () => [2, "io"],
    (opcode, set) => controller.supports(opcode, set),
  ),
});
