import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openApiText } from "./openapi.main";

jest.setTimeout(60_000);

describe("openapi.json", () => {
  let text: string;
  beforeAll(async () => {
    text = await openApiText();
  });

  it("is what the code says now: `npm run openapi -w apps/orchestrator` writes it anew", () => {
    const committed = readFileSync(join(__dirname, "..", "openapi.json"), "utf8");
    expect(text.split("\n")).toEqual(committed.split("\n"));
  });

  it("names every operation once", () => {
    const { paths } = JSON.parse(text) as { paths: Record<string, Record<string, { operationId: string }>> };
    const names = Object.values(paths).flatMap((methods) =>
      Object.values(methods).map(({ operationId }) => operationId),
    );
    expect(names).toEqual([...new Set(names)]);
    expect(names).toEqual(expect.arrayContaining(["listRuns", "getRun", "submitRun", "createCampaign", "listDuts"]));
  });
});
