/** Format NVM (B060 to B062). */
import { expectStatus, findLbaFormat, formatNamespace } from "../../src";
import { worker as options } from "../bench-drive";
import { behaviour, isQemu } from "./behaviour";

behaviour(
  "B060",
  "plain, user data and crypto erase leave zeroes, nsid 0 is refused",
  { needs: ["format"] },
  async ({ controller, ns, qpair }) => {
    const lbaFormat = findLbaFormat(ns.identity, ns.identity.lbaBytes, ns.identity.metadataBytes)!;
    const data = new Uint8Array(ns.identity.lbaBytes);
    for (const secureErase of [0, 1, 2]) {
      expectStatus(await ns.write(qpair, 1n, data.fill(9)));
      expectStatus(await controller.format(1, { lbaFormat, secureErase }));
      expectStatus(await ns.read(qpair, 1n, data));
      expect(data.every((byte) => byte === 0)).toBe(true);
    }
    expectStatus(await controller.format(0, { lbaFormat }), 0, 0x0b);
  },
);

behaviour("B060", "an unknown erase is refused", { needs: ["format"] }, async (bench) => {
  const { controller, ns } = bench;
  if (isQemu(bench)) bench.skip("QEMU's drive executes a format with any SES");
  const { lbaBytes, metadataBytes } = ns.identity;
  const lbaFormat = findLbaFormat(ns.identity, lbaBytes, metadataBytes)!;
  const { sct, sc } = await controller.format(1, { lbaFormat, secureErase: 3 });
  expect([sct, sc]).not.toEqual([0, 0]);
});

behaviour(
  "B061",
  "the LBA size changes four times, and verified I/O runs on each",
  { needs: ["format", "two-lba-formats"] },
  async ({ controller, ns, folder }) => {
    const capacity = ns.identity.capacityBytes;
    for (const [round, lbaBytes] of [4096, 512, 4096, 512].entries()) {
      const lbaFormat = findLbaFormat(ns.identity, lbaBytes);
      expect(lbaFormat).not.toBeNull();
      const { completion, namespace } = await formatNamespace(controller, 1, { lbaFormat: lbaFormat! });
      expectStatus(completion);
      expect(namespace!.identity).toMatchObject({ lbaBytes, lbaCount: capacity / BigInt(lbaBytes) });
      await namespace!.openVerifyTable(`${folder}/${round}.verify`, 5n);
      const worker = namespace!.startIoWorker(options({ depth: 8, regionLbas: 1024n, ioCount: 1000, verify: true }));
      expect(await worker.result).toMatchObject({ end: "done", miscompares: 0n, errors: [] });
    }
  },
);

behaviour("B062", "an LBA format is found by its sizes, or there is none", {}, async ({ ns }) => {
  expect(findLbaFormat(ns.identity, 4097)).toBeNull();
  const found = ns.identity.lbaFormats.map((f) => findLbaFormat(ns.identity, f.lbaBytes, f.metadataBytes));
  expect(found.length).toBeGreaterThan(0);
  for (const index of found) expect(ns.identity.lbaFormats[index!]).toBeDefined();
  const small = findLbaFormat(ns.identity, 512);
  const large = findLbaFormat(ns.identity, 4096);
  if (small !== null && large !== null) expect(small).not.toBe(large);
});
