import { formatBytes, parseDuration, parseSize } from "./units";

test.each([
  ["512B", 512n],
  ["64MiB", 67108864n],
  ["128 GB", 128_000_000_000n],
  ["64", null],
  ["-1B", null],
  ["64 mib", null],
])("the size %s is %s", (text, bytes) => expect(parseSize(text)).toBe(bytes));

test.each([
  ["10ms", 10],
  ["1.5s", 1500],
  ["24h", 86_400_000],
  ["10", null],
  ["1y", null],
])("the duration %s is %s ms", (text, ms) => expect(parseDuration(text)).toBe(ms));

test("bytes are told with one digit", () => {
  expect([512, 1536, 5 * 1024 ** 3].map(formatBytes)).toEqual(["512 B", "1.5 KiB", "5.0 GiB"]);
});
