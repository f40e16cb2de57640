/** Logs 20h to 23h and the status of reclaim unit handles, byte by byte, whatever the drive says. */
import {
  decodeFdpConfigurations,
  decodeFdpEvents,
  decodeFdpStatistics,
  decodeReclaimUnitHandles,
  decodeReclaimUnitHandleUsage,
  Random,
} from "../src";

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ""), "hex"));
/** Descriptor of two handles and one vendor byte, padded to 80 bytes. */
const DESCRIPTOR = `5000 94 01 03000000 0200 0500 04000000 0000100000000000 3c000000 ${"00".repeat(36)} 01000000 02000000 ff ${"00".repeat(7)}`;

test("configurations are found by the size of each", () => {
  const page = hex(`0100 00 00 b0000000 ${"00".repeat(8)} ${DESCRIPTOR} ${DESCRIPTOR}`);
  const one = {
    valid: true,
    volatileWriteCache: true,
    reclaimGroups: 3,
    reclaimGroupBits: 4,
    reclaimUnitHandles: ["initially-isolated", "persistently-isolated"],
    maxPlacementIdentifiers: 6,
    maxNamespaces: 4,
    reclaimUnitBytes: 1n << 20n,
    timeLimitSeconds: 60,
  };
  expect(decodeFdpConfigurations(page)).toEqual([one, one]);
  // As far as the page goes; a descriptor shorter than its head ends the list.
  expect(decodeFdpConfigurations(page.subarray(0, 159))).toEqual([one]);
  page[96] = 8;
  page[97] = 0;
  expect(decodeFdpConfigurations(page)).toEqual([one]);
});

test("usage and statistics", () => {
  const usage = hex(
    `0400 ${"00".repeat(6)} 02${"00".repeat(7)} 01${"00".repeat(7)} 00${"00".repeat(7)} 03${"00".repeat(7)}`,
  );
  expect(decodeReclaimUnitHandleUsage(usage)).toEqual(["controller", "host", "unused", "unknown"]);
  const sums = hex(`${"00".repeat(8)}01${"00".repeat(7)} 0a${"00".repeat(15)} ff${"00".repeat(15)} ${"00".repeat(16)}`);
  expect(decodeFdpStatistics(sums)).toEqual({
    hostBytesWritten: 1n << 64n,
    mediaBytesWritten: 10n,
    mediaBytesErased: 255n,
  });
});

test("events tell what their flags call valid", () => {
  const invalid = `03 07 0180 e803000000000200 05000000 ${"00".repeat(16)} 0200 0700 ${"00".repeat(28)}`;
  const moved = `80 04 ffff 0000000000000000 09000000 01 00 0800 6400000000000000 00000000 0100 0300 ${"00".repeat(28)}`;
  const other = `71 00 ffff 0000000000000000 ffffffff ${"00".repeat(16)} ffff ffff ${"00".repeat(28)}`;
  const page = hex(`03000000 ${"00".repeat(60)} ${invalid} ${moved} ${other}`);
  const nothing = {
    placementIdentifier: null,
    nsid: null,
    reclaimGroup: null,
    reclaimUnitHandle: null,
    timestampMs: 0n,
  };
  expect(decodeFdpEvents(page)).toEqual([
    {
      type: "invalidPlacementIdentifier",
      code: 3,
      placementIdentifier: 0x8001,
      nsid: 5,
      reclaimGroup: 2,
      reclaimUnitHandle: 7,
      timestampMs: 1000n,
    },
    {
      ...nothing,
      type: "mediaReallocated",
      code: 0x80,
      reclaimGroup: 1,
      reclaimUnitHandle: 3,
      moved: { blocks: 8, lba: 100n },
    },
    { ...nothing, type: "unknown", code: 0x71 },
  ]);
});

test("the status of reclaim unit handles", () => {
  const page = hex(`${"00".repeat(14)} 0200 0180 0300 3c000000 0600000000000000 ${"00".repeat(16)}`);
  expect(decodeReclaimUnitHandles(page)).toEqual([
    { placementIdentifier: 0x8001, reclaimUnitHandle: 3, secondsRemaining: 60, availableLbas: 6n },
  ]);
});

test("whatever a drive sends is decoded as far as it goes", () => {
  const random = new Random(4n);
  const decoders = [
    decodeFdpConfigurations,
    decodeFdpEvents,
    decodeFdpStatistics,
    decodeReclaimUnitHandles,
    decodeReclaimUnitHandleUsage,
  ];
  for (let round = 0; round < 300; round++) {
    const page = Uint8Array.from({ length: 64 + (round % 200) }, () => random.below(256));
    if (round % 3 === 0) page.fill(0xff);
    for (const decode of decoders) expect(() => decode(page)).not.toThrow();
  }
});
