import { uncleanText } from "./clean-text.guard";

test.each<[string, unknown, string | null]>([
  ["plain values of every kind", { a: "ä\u{1f4be}\n", b: 1, c: null, d: [true, "x"] }, null],
  ["a NUL in a text", { body: { reason: "a\0b" } }, "body.reason"],
  ["a NUL in a list", { body: { duts: ["ok", "\0"] } }, "body.duts.1"],
  ["half of a surrogate pair", { query: { plan: "\ud83d" } }, "query.plan"],
  ["a NUL in a key", { body: { labels: { "a\0": "b" } } }, "body.labels"],
])("%s", (_, value, where) => {
  expect(uncleanText(value)).toBe(where);
});
