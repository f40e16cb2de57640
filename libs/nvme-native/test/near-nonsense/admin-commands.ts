import { namespacePage } from "../../src";
import type { Bench } from "../bench-drive";
import { type Calls, right } from "./right-call";
import { page } from "./sample-arguments";

export const adminCommandCalls = ({ controller: { commands } }: Bench): Calls => ({
  abort: right(
    () => [3, 1],
    (cid, sqid) => commands.abort(cid, sqid),
  ),
  identify: right(
    () => [page(), { cns: 1, nsid: 0, cntid: 0, csi: 0, cnssid: 0 }],
    (data, options) => commands.identify(data, options),
  ),
  downloadFirmware: right(
    () => [page(), { slot: 2, action: 0, pieceBytes: 4096, onProgress: () => {} }],
    (image, options) => commands.downloadFirmware(image, options),
  ),
  firmwareCommit: right(
    () => [{ slot: 2, action: 0, bootPartition: 0 }],
    (options) => commands.firmwareCommit(options),
  ),
  sanitize: right(
    () => [
      "exitFailure",
      { pattern: 1, passes: 1, invertPattern: true, noDeallocate: true, allowUnrestrictedExit: true },
    ],
    (action, options) => commands.sanitize(action, options),
  ),
  createNamespace: right(
    () => [namespacePage({ lbaCount: 1n << 40n, lbaFormat: 0 }), 0],
    (wanted, csi) => commands.createNamespace(wanted, csi),
  ),
  attachNamespace: right(
    () => [1, [0]],
    (nsid, controllers) => commands.attachNamespace(nsid, controllers),
  ),
  directiveSend: right(
    () => [{ nsid: 1, type: 0, operation: 1, specific: 0, cdw12: 0x100, data: page() }],
    (options) => commands.directiveSend(options),
  ),
  securityReceive: right(
    () => [page(), { protocol: 1, specific: 1, nssf: 0, nsid: 0 }],
    (data, options) => commands.securityReceive(data, options),
  ),
  miReceive: right(
    () => [{ opcode: 1, dword0: 0, dword1: 0, messageType: 1 }, page()],
    (message, data) => commands.miReceive(message, data),
  ),
  virtualizationManagement: right(
    () => [{ action: 1, resourceType: 0, controllerId: 0, count: 0 }],
    (options) => commands.virtualizationManagement(options),
  ),
  capacityManagement: right(
    () => [{ operation: 1, element: 0, capacityBytes: 4096 }],
    (options) => commands.capacityManagement(options),
  ),
  getLbaStatus: right(
    () => [page(), { nsid: 1, slba: 0n, lbaCount: 8, action: "tracked" }],
    (data, options) => commands.getLbaStatus(data, options),
  ),
  doorbellBufferConfig: right(
    () => [0n, 0n],
    (shadow, events) => commands.doorbellBufferConfig(shadow, events),
  ),
  lockdown: right(
    () => [{ prohibit: true, scope: 0, identifier: 6, interface: 0, uuidIndex: 0 }],
    (options) => commands.lockdown(options),
  ),
});
