/** The behaviours on PCIe functions: SPDK over vfio-pci behind an IOMMU, on QEMU's NVMe drives, all of it in a guest. */
import "../conformance/areas";
import { type Behaviour, behaviours } from "../conformance/behaviour";
import { runBehaviours, skippedOnTheWay } from "../conformance/run-behaviours";
import { GUEST_START_LIMIT_MS, LastingGuest } from "./lasting-guest";
import { whyNoPcie } from "./pcie-guest";

/** An emulated machine on a busy one: a limit that says "does not hang" is multiplied by this. */
const SLOWER = 3;

/** What uio does another way than vfio-pci: addresses, configuration space, resets, interrupts, removal. */
const OVER_UIO = [
  "B021 VS is a legal version and the one of Identify",
  "B022 a function that the kernel asks back under work is gone, lets itself be closed, and is there after a rescan",
  "B023 a hot reset under a running worker ends it, the next one is clean",
  "B025 after a function level reset and a controller reset I/O works, power cycles stay",
  "B025 by hand: a function level reset clears CC and CSTS, and a bring-up works",
  "B075 a queue of 128 entries carries 127 reads at once and all complete",
  "B080 by hand: each of sixteen queues sets its own word and no other's",
  "B081 by hand: a masked vector keeps its interrupt pending, unmasking delivers it",
  "B085 what is written is read back",
];
const keyOf = ({ id, sentence }: Behaviour) => `${id} ${sentence}`;

const missing = whyNoPcie();
if (missing !== null) {
  describe(`the behaviours over vfio-pci [${missing}]`, () => test.skip("spdk-pcie", () => {}));
} else {
  let guest: LastingGuest;
  beforeAll(async () => {
    guest = await LastingGuest.start();
  }, GUEST_START_LIMIT_MS);
  afterAll(() => guest?.stop());
  const shown = async (behaviour: Behaviour) => {
    if (guest.lacks !== null) return { skipped: guest.lacks, differs: [] };
    const answer = await guest.ask({ key: keyOf(behaviour), limitMs: limitMs(behaviour) });
    if ("skipped" in answer) return answer;
    throw new Error("failed" in answer ? answer.failed : answer.output);
  };
  const limitMs = (behaviour: Behaviour) => SLOWER * behaviour.limitMs;
  describe("spdk-pcie", () =>
    runBehaviours("spdk-pcie", shown, (behaviour) => limitMs(behaviour) + GUEST_START_LIMIT_MS));

  test(
    "a process that was killed with a drive open leaves its hugepages to the next",
    async () => {
      if (guest.lacks !== null) return skippedOnTheWay("on spdk-pcie: hugepages of a killed process", guest.lacks);
      await shown(behaviours().find(({ id }) => id === "B085")!);
      // Whoever asks for a shell ends the process of the behaviours with -9 first.
      const memory = await guest.shell("cat /proc/meminfo", GUEST_START_LIMIT_MS);
      const pages = (key: string) => new RegExp(`^HugePages_${key}: +([1-9]\\d*)$`, "m").exec(memory)?.[1];
      expect(pages("Free")).toBeDefined();
      expect(pages("Free")).toBe(pages("Total"));
    },
    GUEST_START_LIMIT_MS,
  );

  describe("spdk-pcie over uio_pci_generic, without an IOMMU between", () => {
    beforeAll(async () => {
      if (guest.lacks === null) await guest.bind("uio_pci_generic");
    }, GUEST_START_LIMIT_MS);
    test.each(OVER_UIO)(
      "%s",
      async (key) => {
        const behaviour = behaviours().find((one) => keyOf(one) === key)!;
        const { skipped } = await shown(behaviour);
        expect(skipped).toBe(guest.lacks);
        if (skipped !== null) skippedOnTheWay(`over uio: ${key}`, skipped);
      },
      GUEST_START_LIMIT_MS,
    );
  });
}
