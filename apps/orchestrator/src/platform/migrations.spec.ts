import { type LedgerRow, type Migration, missingMigrations } from "./migrations";

const ours: Migration[] = ["a", "b", "c"].map((name) => ({ name, sql: "", checksum: `sum of ${name}` }));
const row = (name: string, more: Partial<LedgerRow> = {}): LedgerRow => ({
  name,
  checksum: `sum of ${name}`,
  finished: true,
  rolledBack: false,
  ...more,
});

describe("missing migrations", () => {
  it("are all of ours for an empty ledger, in their order", () => {
    expect(missingMigrations(ours, []).map(({ name }) => name)).toEqual(["a", "b", "c"]);
  });

  it("are those that the ledger has not, and those that were rolled back", () => {
    const ledger = [row("a"), row("b", { finished: false, rolledBack: true })];
    expect(missingMigrations(ours, ledger).map(({ name }) => name)).toEqual(["b", "c"]);
  });

  it("are refused to a database with migrations that we do not know", () => {
    expect(() => missingMigrations(ours, [row("a"), row("z")])).toThrow("newer Assay (it has z)");
  });

  it("are refused after one that did not end", () => {
    expect(() => missingMigrations(ours, [row("a", { finished: false })])).toThrow("a was begun and did not end");
  });

  it("are refused when an applied one has another text", () => {
    expect(() => missingMigrations(ours, [row("a", { checksum: "other" })])).toThrow("a differs");
  });
});
