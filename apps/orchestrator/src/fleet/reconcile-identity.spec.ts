import { type IdentityQuestion, type KnownDut, reconcileIdentity } from "./reconcile-identity";

const identity = { model: "M", serial: "S", nguid: null, eui64: null, firmware: "1" };
const dut = (more: Partial<KnownDut> = {}): KnownDut => ({
  id: "d0",
  twin: 0,
  nguid: null,
  eui64: null,
  slotId: null,
  ...more,
});
const ask = (more: Partial<IdentityQuestion>) =>
  reconcileIdentity({ identity, slotId: "a", known: [], seenIn: ["a"], ...more });

describe("the identity of a drive in a slot", () => {
  it("is new when nobody knows model and serial", () => {
    expect(ask({})).toEqual({ kind: "new", twin: 0, conflict: null });
  });

  it("is the known one where it was, and where it was moved to", () => {
    expect(ask({ known: [dut({ slotId: "a" })] })).toEqual({ kind: "known", dutId: "d0", conflict: null });
    expect(ask({ known: [dut({ slotId: "b" })] })).toEqual({ kind: "known", dutId: "d0", conflict: null });
  });

  it("is a twin in conflict while another slot sees the same identity", () => {
    const answer = ask({ known: [dut({ slotId: "b" })], seenIn: ["a", "b"] });
    expect(answer).toMatchObject({ kind: "new", twin: 1, conflict: expect.stringContaining("2 slots see a drive") });
  });

  it("keeps both twins apart, each in its slot", () => {
    const known = [dut({ slotId: "b" }), dut({ id: "d1", twin: 1, slotId: "a" })];
    expect(ask({ known, seenIn: ["a", "b"] })).toMatchObject({ kind: "known", dutId: "d1" });
    expect(ask({ known, seenIn: ["a", "b"], slotId: "b" })).toMatchObject({ kind: "known", dutId: "d0" });
  });

  it("is another drive when a witness contradicts", () => {
    const known = [dut({ nguid: "1".repeat(32), slotId: "a" })];
    const other = { ...identity, nguid: "2".repeat(32) };
    expect(ask({ known, identity: other })).toMatchObject({
      kind: "new",
      twin: 1,
      conflict: expect.stringContaining("witnesses"),
    });
  });

  it("is the same drive when only one side knows a witness", () => {
    expect(ask({ known: [dut({ nguid: "1".repeat(32) })] })).toMatchObject({
      kind: "known",
      dutId: "d0",
      conflict: null,
    });
  });
});
