/** The table in the README and the registered behaviours are the same; ASSAY_CONFORMANCE_TABLE=write makes it so. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import "./areas";
import { behaviours } from "./behaviour";
import { rowsOf, withTable } from "./table";

const README = join(__dirname, "..", "..", "README.md");

if (process.env.ASSAY_CONFORMANCE_TABLE === "write") {
  writeFileSync(README, withTable(readFileSync(README, "utf8"), behaviours()));
}
const rows = rowsOf(readFileSync(README, "utf8"));

test("every registered behaviour is in the README's table and the other way round (npm run conformance-table)", () => {
  const registered = behaviours().map(({ id, sentence }) => `${id} ${sentence}`);
  expect([...rows.keys()]).toEqual(registered);
});

test("the README's table names no failure", () => {
  expect([...rows].filter(([, cells]) => cells.includes("failed"))).toEqual([]);
});
