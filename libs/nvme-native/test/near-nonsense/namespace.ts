import type { Bench } from "../bench-drive";
import { type Calls, right } from "./right-call";
import { FLAGS, page, RAW, sector } from "./sample-arguments";

export const namespaceCalls = ({ ns, qpair, folder }: Bench): Calls => ({
  read: right(
    () => [qpair, 0n, sector(), FLAGS],
    (q, slba, data, flags) => ns.read(q, slba, data, flags),
  ),
  write: right(
    () => [qpair, 0n, sector(), { ...FLAGS, stream: 7 }],
    (q, slba, data, flags) => ns.write(q, slba, data, flags),
  ),
  compareAndWrite: right(
    () => [qpair, 0n, sector(), sector()],
    (q, slba, expected, data) => ns.compareAndWrite(q, slba, expected, data),
  ),
  verifyLbas: right(
    () => [qpair, 0n, 8, FLAGS],
    (q, slba, count, flags) => ns.verifyLbas(q, slba, count, flags),
  ),
  copy: right(
    () => [qpair, [{ slba: 0n, lbaCount: 4 }], 64n, FLAGS],
    (q, sources, to, flags) => ns.copy(q, sources, to, flags),
  ),
  writeZeroes: right(
    () => [qpair, 0n, 8, { ...FLAGS, deallocate: true }],
    (q, slba, count, flags) => ns.writeZeroes(q, slba, count, flags),
  ),
  writeUncorrectable: right(
    () => [qpair, 100n, 8, { placement: 1 }],
    (q, slba, count, flags) => ns.writeUncorrectable(q, slba, count, flags),
  ),
  datasetManagement: right(
    () => [qpair, [{ slba: 0n, lbaCount: 8, attributes: 1 }], { deallocate: true, integralRead: false }],
    (q, ranges, attributes) => ns.datasetManagement(q, ranges, attributes),
  ),
  "datasetManagement of a buffer": right(
    () => [qpair, { data: page(), count: 2 }, { deallocate: false, integralWrite: true }],
    (q, ranges, attributes) => ns.datasetManagement(q, ranges, attributes),
  ),
  io: right(
    () => [qpair, { ...RAW, opcode: 2, nsid: 1, cdw10: 0 }, sector(), "from-device"],
    (q, command, data, direction) => ns.io(q, command, data, direction),
  ),
  openVerifyTable: right(
    () => [`${folder}/t.verify`, 1n, { lbas: 8n, compressPercent: 0 }],
    (path, seed, options) => ns.openVerifyTable(path, seed, options),
  ),
  syncVerifyTable: right(
    () => [{ resting: true }],
    async (options) => {
      await ns.openVerifyTable(`${folder}/t.verify`, 1n);
      return ns.syncVerifyTable(options);
    },
  ),
  verify: right(
    () => [{ rule: "exact", regionStartLba: 0n, regionLbas: 8n, written: false, depth: 4 }],
    async (options) => {
      await ns.openVerifyTable(null, 1n);
      return ns.verify(options);
    },
  ),
});
