/** Log pages and directive pages as foreign bytes. */
import {
  decodeEnduranceGroup,
  decodeLockdown,
  decodeOpenStreams,
  decodePersistentEvents,
  decodeStreamParameters,
  NvmeError,
} from "../src";

const page = (bytes: number, words: [at: number, value: number][]) => {
  const data = Buffer.alloc(bytes);
  for (const [at, value] of words) data[at] = value;
  return data;
};

test("events are read one behind the other, with vendor information skipped", () => {
  // Two events said, header of 512 bytes; the first of type 4 has 2 bytes of vendor information and 3 of data.
  const data = page(600, [
    [4, 2],
    [18, 492 & 0xff],
    [19, 492 >> 8],
    [480, 0x10],
    [512, 4],
    [514, 21],
    [518, 7],
    [532, 2],
    [534, 5],
    [538, 0xaa],
    [541, 0xde],
    [543, 21],
  ]);
  const log = decodePersistentEvents(data);
  expect(log.supported).toEqual([4]);
  expect(log.events[0]).toMatchObject({ type: 4, name: "powerOnOrReset", timestampMs: 7 });
  expect([...log.events[0]!.data]).toEqual([0xaa, 0, 0]);
  expect(log.events[1]).toMatchObject({ type: 0xde, name: "vendor" });
});

test.each([
  [
    [
      [534, 0xff],
      [535, 0xff],
    ] as [number, number][],
    "a length beyond the page",
  ],
  [[[514, 0]] as [number, number][], "a header shorter than itself"],
  [[[532, 9]] as [number, number][], "more vendor information than event"],
])("an event with %s ends the list", (words) => {
  const data = page(600, [[4, 200], [18, 492 & 0xff], [19, 492 >> 8], [512, 4], [514, 21], [534, 5], ...words]);
  expect(decodePersistentEvents(data).events).toEqual([]);
});

test("pages that are too short are the caller's mistake", () => {
  for (const decode of [
    decodePersistentEvents,
    decodeEnduranceGroup,
    decodeLockdown,
    decodeStreamParameters,
    decodeOpenStreams,
  ]) {
    expect(() => decode(new Uint8Array(1))).toThrow(NvmeError);
  }
});

test("a drive that counts more open streams than the page holds is believed as far as the page goes", () => {
  expect(
    decodeOpenStreams(
      page(8, [
        [0, 2],
        [2, 7],
        [4, 9],
      ]),
    ),
  ).toEqual([7, 9]);
  expect(
    decodeOpenStreams(
      page(8, [
        [0, 0xff],
        [1, 0xff],
        [2, 7],
      ]),
    ),
  ).toEqual([7, 0, 0]);
});
