/** Waiting for CSTS.RDY by the clock of CAP.TO (NVMe Base 2.0, 3.5). */

import { CAP, CSTS } from "../controller/registers";
import { NvmeError } from "../nvme-error";
import { TOO_LATE, until } from "./until";

const CFS = 2n;

/** ms it took. @throws ERR_READY after CAP.TO, or when CSTS.CFS says that it will not come. */
export async function waitReady(
  bus: { readRegister(offset: number, bytes: 4 | 8): Promise<bigint> },
  ready: boolean,
): Promise<number> {
  const limitMs = Number(((await bus.readRegister(CAP, 8)) >> 24n) & 0xffn) * 500;
  const start = performance.now();
  await until(limitMs, async () => {
    const csts = await bus.readRegister(CSTS, 4);
    if (ready && (csts & CFS) !== 0n)
      throw new NvmeError("ERR_READY", "the controller has CSTS.CFS = 1 instead of CSTS.RDY = 1");
    return ((csts & 1n) === 1n) === ready;
  }).catch((reason: unknown) => {
    if (reason !== TOO_LATE) throw reason;
    throw new NvmeError("ERR_READY", `CSTS.RDY = ${ready ? 1 : 0} did not come within CAP.TO, ${limitMs} ms`);
  });
  return performance.now() - start;
}
