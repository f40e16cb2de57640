/** The behaviours on PCIe functions: SPDK over vfio-pci behind an IOMMU, on QEMU's NVMe drives, all of it in a guest. */
import "../conformance/areas";
import type { Behaviour } from "../conformance/behaviour";
import { runBehaviours } from "../conformance/run-behaviours";
import { PcieGuest, whyNoPcie } from "./pcie-guest";

/** An emulated machine on a busy one: a limit that says "does not hang" is multiplied by this. */
const SLOWER = 3;
const START_LIMIT_MS = 300_000;

const missing = whyNoPcie();
if (missing !== null) {
  describe(`the behaviours over vfio-pci [${missing}]`, () => test.skip("spdk-pcie", () => {}));
} else {
  let guest: PcieGuest;
  beforeAll(async () => {
    guest = await PcieGuest.start();
  }, START_LIMIT_MS);
  afterAll(() => guest?.stop());
  const limitMs = (behaviour: Behaviour) => SLOWER * behaviour.limitMs;
  describe("spdk-pcie", () =>
    runBehaviours(
      "spdk-pcie",
      async (behaviour) => {
        if (guest.lacks !== null) return { skipped: guest.lacks, differs: [] };
        const answer = await guest.ask({ key: `${behaviour.id} ${behaviour.sentence}`, limitMs: limitMs(behaviour) });
        if ("skipped" in answer) return answer;
        throw new Error("failed" in answer ? answer.failed : answer.output);
      },
      (behaviour) => limitMs(behaviour) + START_LIMIT_MS,
    ));
}
