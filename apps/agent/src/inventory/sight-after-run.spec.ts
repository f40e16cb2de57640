import { sightAfterRun } from "./sight-after-run";

const identity = { model: "M", serial: "S", nguid: null, eui64: null, firmware: "1" };
const before = { identity, capacityBytes: "1048576", lbaBytes: 512, metadataBytes: 0, lbaFormatsBytes: [512, 4096] };
const event = (over: object) => ({
  type: "identity" as const,
  moment: "end" as const,
  identity,
  matches: true,
  namespaces: [],
  ...over,
});

test("a drive that was formatted and got new firmware is reported as the run left it", () => {
  const events = [
    event({ moment: "open" }),
    event({
      identity: { ...identity, firmware: "2" },
      namespaces: [{ nsid: 1, lbaBytes: 4096, metadataBytes: 8, lbaCount: "200" }],
    }),
  ];
  expect(sightAfterRun(events, before).observed).toEqual({
    identity: { ...identity, firmware: "2" },
    capacityBytes: "819200",
    lbaBytes: 4096,
    metadataBytes: 8,
    lbaFormatsBytes: [512, 4096],
  });
});

test("a run that read no identity changes nothing", () => {
  expect(sightAfterRun([], before).observed).toEqual(before);
});

test("another drive in the slot is no picture of the listed one", () => {
  expect(sightAfterRun([event({ matches: false })], before).observed).toBeNull();
});
