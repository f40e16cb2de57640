/** What goes over the wire to a self-encrypting drive, and what foreign bytes are made of. */
import { decodeDiscovery, TcgMalformedError } from "../src";
import { tcgErases } from "../src/tcg/erasing";
import { cellsOf, decodeAnswer, encodeCall } from "../src/tcg/methods";
import { decodePacket, encodePacket } from "../src/tcg/packets";
import { rangeCells, rangeFacts } from "../src/tcg/ranges";
import { CONTROL, encodeValue, type TcgValue, TokenReader } from "../src/tcg/tokens";
import { keyOf, METHOD, rangeOf, UID } from "../src/tcg/uids";

const hex = (bytes: ArrayLike<number>) => Buffer.from(Array.from(bytes)).toString("hex");
const read = (text: string) => new TokenReader(Buffer.from(text, "hex")).value();

test.each<[TcgValue, string]>([
  [0, "00"],
  [63, "3f"],
  [64, "8140"],
  [0x1234, "821234"],
  [2n ** 64n - 1n, "88ffffffffffffffff"],
  [new Uint8Array(), "a0"],
  [new Uint8Array(15).fill(1), `af${"01".repeat(15)}`],
  [new Uint8Array(16).fill(1), `d010${"01".repeat(16)}`],
  [new Uint8Array(300).fill(1), `d12c${"01".repeat(300)}`],
  [new Uint8Array(2048).fill(1), `e2000800${"01".repeat(2048)}`],
  [[1, [2]], "f001f002f1f1"],
  [{ name: 3, value: [4] }, "f203f004f1f3"],
])("a value is the token of the specification, and is read back (%#)", (value, token) => {
  expect(hex(encodeValue(value))).toBe(token);
  expect(read(token)).toEqual(value);
});

test.each([
  ["", "nothing"],
  ["82", "a number cut short"],
  ["af01", "bytes cut short"],
  ["d1", "the head of a medium atom alone"],
  ["e3ffffff", "a long atom longer than everything"],
  ["40", "a signed number"],
  ["89010101010101010101", "a number of nine bytes"],
  ["f0", "a list without an end"],
  ["f203", "a name without a value"],
  ["f2f0f101f3", "a name that is a list"],
  ["fb", "a transaction"],
  ["f0".repeat(40), "lists in lists without end"],
])("%s: %s is malformed", (text) => {
  expect(() => read(text)).toThrow(TcgMalformedError);
});

test("what is no unsigned number of 64 bits is refused before it is sent", () => {
  for (const value of [-1, 2n ** 64n]) expect(() => encodeValue(value)).toThrow(/unsigned/);
});

test("a call names object, method and parameters and ends with three zeroes", () => {
  const call = encodeCall(rangeOf(2), METHOD.set, [{ name: 1, value: [] }]);
  expect(hex(call)).toBe(`f8a80000080200030002a80000000600000017f0f201f0f1f3f1f9f0000000f1`);
});

test("an answer gives its results and its status, with or without the session manager's words before it", () => {
  expect(decodeAnswer(Buffer.from("f001f1f9f0000000f1", "hex"))).toEqual({ status: 0, results: [1] });
  const manager = `f8a8${hex(UID.sessionManager)}a8${hex(METHOD.syncSession)}`;
  expect(decodeAnswer(Buffer.from(`${manager}f001821001f1f9f0010000f1`, "hex"))).toEqual({
    status: 1,
    results: [1, 0x1001],
  });
  for (const text of ["f001f1f0000000f1", "01f9f0000000f1", "f0f1f9f0f1", "f0f1f900"]) {
    expect(() => decodeAnswer(Buffer.from(text, "hex"))).toThrow(TcgMalformedError);
  }
});

test("a row of a range goes out and comes back", () => {
  const options = { slba: 64n, lbaCount: 2n ** 40n, readLockEnabled: true, writeLocked: false };
  const cells = rangeCells({ ...options, lockOnReset: ["powerCycle"] });
  expect(cells).toEqual([
    [3, 64n],
    [4, 2n ** 40n],
    [5, 1],
    [8, 0],
    [9, [0]],
  ]);
  const row = [3, 4, 5, 6, 7, 8].map((name, i) => ({ name, value: i & 1 }));
  const facts = rangeFacts(cellsOf([[...row, { name: 9, value: [1] }, { name: 10, value: rangeOf(1) }]]));
  expect(facts).toMatchObject({ slba: 0n, lbaCount: 1n, readLocked: false, writeLocked: true });
  expect(facts.lockOnReset).toEqual(["hardwareReset"]);
  expect(() => rangeFacts(cellsOf([row]))).toThrow(TcgMalformedError);
  expect(() => cellsOf([[1, 2]])).toThrow(TcgMalformedError);
});

test("packets carry their payload in whole blocks, padded to four bytes", () => {
  const packet = { comId: 0x7fe, tperSession: 0x1001, hostSession: 5, payload: Uint8Array.of(1, 2, 3, 4, 5) };
  const bytes = encodePacket(packet);
  expect(bytes).toHaveLength(512);
  const view = new DataView(bytes.buffer);
  expect([view.getUint32(16), view.getUint32(40), view.getUint32(52)]).toEqual([44, 20, 5]);
  expect(decodePacket(bytes)).toEqual({ ...packet, outstanding: 0 });
  const later = new Uint8Array(512);
  new DataView(later.buffer).setUint32(8, 100);
  expect(decodePacket(later)).toMatchObject({ outstanding: 100, payload: new Uint8Array() });
});

test.each([
  [16, 10],
  [16, 0xffff_ffff],
  [40, 0xffff_ffff],
  [52, 0xffff_ffff],
  [52, 9],
])("a packet whose length at byte %i says %i is malformed", (at, length) => {
  const bytes = encodePacket({ comId: 1, tperSession: 1, hostSession: 1, payload: new Uint8Array(8) });
  new DataView(bytes.buffer).setUint32(at, length);
  expect(() => decodePacket(bytes)).toThrow(TcgMalformedError);
});

test("discovery names features that it does not know, and ends where a descriptor is cut short", () => {
  const page = new Uint8Array(512);
  const view = new DataView(page.buffer);
  view.setUint32(0, 48 + 8 + 8 - 4);
  view.setUint16(48, 0xc001);
  view.setUint8(51, 4);
  view.setUint16(56, 0x0002);
  view.setUint8(59, 4);
  view.setUint8(60, 0x07);
  const found = decodeDiscovery(page);
  expect(found.features).toEqual([0xc001, 2]);
  expect(found.locking).toMatchObject({ supported: true, enabled: true, locked: true, mediaEncryption: false });
  expect(found.opal).toBe(null);
  view.setUint8(59, 200);
  expect(() => decodeDiscovery(page)).toThrow(TcgMalformedError);
  expect(() => decodeDiscovery(new Uint8Array(8))).toThrow(TcgMalformedError);
});

test("a packet that cannot be read, and an erasing call behind a harmless one, may take data with them", () => {
  const packet = (...calls: Uint8Array[]) =>
    encodePacket({ comId: 1, tperSession: 1, hostSession: 1, payload: Uint8Array.from(calls.flatMap((c) => [...c])) });
  const harmless = encodeCall(rangeOf(1), METHOD.get, []);
  const erasing = encodeCall(keyOf(1), METHOD.genKey, []);
  expect([[harmless], [harmless, harmless], [harmless, erasing]].map((calls) => tcgErases(packet(...calls)))).toEqual([
    false,
    false,
    true,
  ]);
  expect([new Uint8Array(5), packet(Uint8Array.of(CONTROL.call, 0x40))].map(tcgErases)).toEqual([true, true]);
});
