import { type DutFacts, type PlanDocument, parsePlan } from "@assay/plans";
import { type CampaignDut, expandCampaign } from "./expand-campaign";

function plan(name: string, extra = ""): { name: string; document: PlanDocument; parameters: Record<string, string> } {
  const parsed = parsePlan(`apiVersion: assay/v1
kind: Plan
metadata: {name: ${name}, version: 1.0.0}
spec:
${extra}  timeouts: {run: 1m}
  steps:
    - snapshot: {id: pre, of: [smart]}
  criteria:
    - {id: warning, metric: pre.smart.criticalWarning, eq: 0}
`);
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  return { name, document: parsed.plan, parameters: {} };
}
const facts = (change: Partial<DutFacts> = {}): DutFacts => ({
  ...{ model: "A", serial: "S1", firmware: "1.0", capacityBytes: 2 ** 26, lbaBytes: 512, lbaFormatsBytes: [512] },
  ...{ transport: "model", powerCut: false },
  ...change,
});
const dut = (serial: string, change: Partial<CampaignDut> = {}): CampaignDut => ({
  ...{ id: `id-${serial}`, serial, facts: facts({ serial }), unknown: null, sheet: {} },
  ...change,
});

describe("a campaign becomes runs", () => {
  it("makes one per pair of plan and DUT, with the plan's place in the campaign", () => {
    const { runs, notApplicable } = expandCampaign([plan("one"), plan("two")], [dut("S1"), dut("S2")]);
    expect(runs.map(({ ordinal, dutId, prepared }) => [ordinal, dutId, prepared.plan.name])).toEqual([
      [0, "id-S1", "one"],
      [0, "id-S2", "one"],
      [1, "id-S1", "two"],
      [1, "id-S2", "two"],
    ]);
    expect(notApplicable).toEqual([]);
  });
  it("makes none where the DUT does not meet the plan's needs, and says why", () => {
    const needsPower = plan("cuts", "  needs: {power: cut}\n");
    const able = dut("S2", { facts: facts({ powerCut: true }) });
    const { runs, notApplicable } = expandCampaign([needsPower], [dut("S1"), able]);
    expect(runs.map(({ dutId }) => dutId)).toEqual(["id-S2"]);
    expect(notApplicable).toMatchObject([{ plan: "cuts", dut: "S1", reason: expect.stringContaining("cuts power") }]);
  });
  it("makes none for a DUT that nobody has seen", () => {
    const unseen = dut("S1", { facts: null, unknown: "DUT S1 was never seen by a host" });
    expect(expandCampaign([plan("one")], [unseen])).toMatchObject({
      runs: [],
      notApplicable: [{ dut: "S1", reason: "DUT S1 was never seen by a host" }],
    });
  });
  it("names a parameter that the plan does not have", () => {
    const { notApplicable } = expandCampaign([{ ...plan("one"), parameters: { speed: "10" } }], [dut("S1")]);
    expect(notApplicable[0]?.reason).toMatch(/no parameter `speed`/);
  });
});
