/** Sectors that say by one byte who wrote them. */
import { expectStatus } from "../../src";
import type { ConformanceBench } from "./behaviour";

export const filled = (bench: { ns: ConformanceBench["ns"] }, lbas: number, byte: number) =>
  new Uint8Array(lbas * bench.ns.identity.lbaBytes).fill(byte);

/** The first byte of each LBA that is read. */
export async function firstBytes({ ns, qpair }: Pick<ConformanceBench, "ns" | "qpair">, slba: bigint, lbas: number) {
  const data = new Uint8Array(lbas * ns.identity.lbaBytes);
  expectStatus(await ns.read(qpair, slba, data));
  return Array.from({ length: lbas }, (_, i) => data[i * ns.identity.lbaBytes]!);
}
