import { auditRowOf } from "./audit";
import { Caller, type Role } from "./caller";

const AT = new Date(0);
const call = (method: string, role: Role | null, body: unknown = { reason: "noise" }) => ({
  method,
  body,
  url: "/api/v1/duts/S1/hold?x=1",
  operation: "holdDut",
  caller: role && new Caller("id", "somebody", role, null),
});

describe("an audit row", () => {
  it("says who did what, how it ended and with which request", () => {
    expect(auditRowOf(call("POST", "operator"), 200, AT)).toMatchObject({
      ...{ actor: "somebody", role: "operator", action: "holdDut", method: "POST", path: "/api/v1/duts/S1/hold" },
      ...{ status: 200, detail: { reason: "noise" }, requestHash: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
  });

  it.each([
    ["a read", "GET", "admin"],
    ["the stream of an agent", "POST", "agent"],
    ["nobody", "POST", null],
  ] as const)("is not made for %s", (_, method, role) => {
    expect(auditRowOf(call(method, role), 200, AT)).toBeNull();
  });

  it("keeps of a long request its hash only", () => {
    const row = auditRowOf(call("POST", "admin", { source: "x".repeat(20_000) }), 201, AT);
    expect(row).toMatchObject({ detail: {}, requestHash: expect.any(String) });
  });
});
