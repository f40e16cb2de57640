import type { CriterionResult } from "@assay/plans";
import { conclude, type Happened } from "./conclusion";
import { Interruption } from "./interruption";
import { errored, failed, OK } from "./scope";
import { suspect } from "./suspicion";

const criterion = (outcome: CriterionResult["outcome"]) => ({ id: "c", outcome, reason: "because" }) as CriterionResult;
const end = (part: Partial<Happened>) => conclude({ ...NOTHING, results: [OK], ...part }).outcome;
const NOTHING: Happened = { interruption: null, refusal: null, powerLost: false, results: [], criteria: [] };
const bad = failed("bad", suspect("miscompare"));
const gone = failed("gone", suspect("drive-gone"));
const broken = errored("broken", suspect("no-qpair"));

describe("how a run ended", () => {
  it.each<[string, string, Partial<Happened>]>([
    ["completed", "nothing went wrong", {}],
    ["failed", "a step failed", { results: [OK, bad] }],
    ["failed", "a step failed and another could not be carried out", { results: [broken, bad] }],
    ["failed", "a criterion broke although a step errored", { results: [broken], criteria: [criterion("failed")] }],
    ["errored", "a step could not be carried out", { results: [broken], criteria: [criterion("passed")] }],
    ["errored", "a criterion had no data", { criteria: [criterion("passed"), criterion("errored")] }],
    ["cancelled", "an operator asked", { interruption: new Interruption("cancelled", "") }],
    [
      "failed",
      "an operator asked after the drive had failed",
      { results: [bad], interruption: new Interruption("cancelled", "") },
    ],
    ["errored", "the lease was revoked", { interruption: new Interruption("revoked", "") }],
    ["deadline", "the time was over", { interruption: new Interruption("deadline", "") }],
    ["errored", "it fell silent because the slot lost its power", { results: [gone], powerLost: true }],
    ["failed", "it fell silent with its power on", { results: [gone] }],
    ["failed", "it broke a rule and the slot lost its power afterwards", { results: [bad], powerLost: true }],
    [
      "errored",
      "the guard refused, whatever was measured",
      { refusal: { rule: "mounted", message: "" }, results: [bad] },
    ],
  ])("is %s when %s", (outcome, _when, part) => {
    expect(end(part)).toBe(outcome);
  });
  it("names the slot for a drive that is another one, and the host for one in use", () => {
    const rule = (name: string) => conclude({ ...NOTHING, refusal: { rule: name, message: "" } }).suspicion?.cause;
    expect(rule("identity-observed")).toBe("slot");
    expect(rule("mounted")).toBe("host");
  });
});
