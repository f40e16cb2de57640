/** What the suites over SPDK's own target share: one target for each, started before the first test, stopped behind the last. */
import { NvmfTarget, whyNotHere } from "./nvmf-target";

const LIMIT_MS = 180_000;

export interface SpdkSuite {
  /** `describe`, or `describe.skip` where there is no target. */
  where: jest.Describe;
  target: () => NvmfTarget;
}

/** @param prepare what the target has beside its four drives */
export function spdkSuite(prepare: (target: NvmfTarget) => Promise<void> = async () => {}): SpdkSuite {
  const missing = whyNotHere();
  if (missing !== null) console.log(`skipped: ${missing}`);
  jest.setTimeout(LIMIT_MS);
  let target: NvmfTarget;
  if (missing === null) {
    beforeAll(async () => {
      target = await NvmfTarget.start();
      await prepare(target);
    });
    afterAll(() => target?.stop());
  }
  return { where: missing === null ? describe : describe.skip, target: () => target };
}

/** Data that tell their place. */
export const sectors = (count: number, seed: number) =>
  Uint8Array.from({ length: count * 512 }, (_, i) => (i * 31 + seed) & 0xff);
