/**
 * Calls that are right but for one thing: each argument, and each field of each argument, is replaced by nonsense in turn.
 * All of them end well or with an NvmeError in words; none hangs, none ends the process, and the drive works on.
 */
import { rmSync } from "node:fs";
import { driver } from "../../src";
import { type Bench, makeDrive, temporaryFolder, withDrive } from "../bench-drive";
import { adminCommandCalls } from "./admin-commands";
import { busCalls } from "./bus";
import { controllerCalls } from "./controller";
import { keyValueCalls } from "./keys-and-values";
import { namespaceCalls } from "./namespace";
import { opalCalls } from "./opal";
import { openingCalls } from "./openings";
import { placementCalls } from "./placement";
import { protectionCalls } from "./protection";
import { reservationCalls } from "./reservations";
import type { Calls } from "./right-call";
import { MIB } from "./sample-arguments";
import { spoil } from "./spoil";
import { valueCalls } from "./values";
import { workerCalls } from "./workers";
import { zoneCalls } from "./zones";

const SPEC = {
  opal: {},
  fdp: { configurations: [{ reclaimUnitHandles: ["initially-isolated" as const], reclaimUnitBytes: MIB }] },
  formatMs: 0,
  capacityBytes: 32n * MIB,
  namespaces: [
    { capacityBytes: 8n * MIB, lbaBytes: 512 as const },
    { capacityBytes: 4n * MIB, lbaBytes: 512 as const, zoned: { zoneBytes: MIB } },
    { capacityBytes: 4n * MIB, lbaBytes: 512 as const, metadataBytes: 8 as const, protection: 1 as const },
    { capacityBytes: 4n * MIB, keyValue: {} },
    {
      ...{ capacityBytes: 4n * MIB, lbaBytes: 4096 as const, metadataBytes: 16 as const, protection: 2 as const },
      ...{ guardBits: 64 as const, storageTagBits: 18, storageMask: 0xffn },
    },
  ],
};
const LIMIT_MS = 240_000;

const GROUPS: Record<string, (bench: Bench) => Calls | Promise<Calls>> = {
  controller: controllerCalls,
  "admin commands": adminCommandCalls,
  namespace: namespaceCalls,
  workers: workerCalls,
  zones: zoneCalls,
  protection: protectionCalls,
  reservations: reservationCalls,
  "keys and values": keyValueCalls,
  placement: placementCalls,
  bus: busCalls,
  opal: opalCalls,
  values: valueCalls,
};

test.each(Object.entries(GROUPS))(
  "%s: one wrong thing in a right call is refused in words or is the drive's to answer",
  (_, callsOf) =>
    withDrive({ spec: SPEC, open: { timeoutMs: 2000 } }, async (bench) => {
      for (const [name, call] of Object.entries(await callsOf(bench)))
        expect([name, (await spoil(name, call)) > 0]).toEqual([name, true]);
      // The drive is there as before.
      await bench.controller.setTimeoutMs(10_000);
      expect(await bench.controller.reset()).toMatchObject({ ok: true });
      expect(await bench.controller.getFeature(7)).toMatchObject({ sct: 0, sc: 0 });
    }),
  LIMIT_MS,
);

test(
  "drives and openings with one wrong thing are refused in words",
  async () => {
    const folder = temporaryFolder();
    try {
      const path = await makeDrive(folder, {}, "held.drive");
      const held = await driver.open({ transport: "model", path });
      for (const [name, call] of Object.entries(openingCalls(folder, path))) await spoil(name, call);
      expect(await held.getFeature(7)).toMatchObject({ sct: 0, sc: 0 });
      await held.close();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  LIMIT_MS,
);
