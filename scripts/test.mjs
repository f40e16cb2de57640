/**
 * `npm test`: set up what is missing, then every tier that this machine can run, one after the other.
 * `npm test -- unit floors` runs those. The last line says the totals; the exit code is 0 only when nothing failed.
 */
import { performance } from "node:perf_hooks";
import { setUp } from "./set-up/set-up.mjs";
import { failures, summaryLine, totalLine } from "./tiers/outcome.mjs";
import { tiers } from "./tiers/tiers.mjs";

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !tiers.some((tier) => tier.name === name));
if (unknown.length > 0) {
  console.error(`No tier is named ${unknown.join(", ")}. There are: ${tiers.map((tier) => tier.name).join(", ")}.`);
  process.exit(2);
}

const setUpCode = await setUp();
if (setUpCode !== 0) process.exit(setUpCode);

const outcomes = [];
for (const tier of tiers.filter(({ name }) => asked.length === 0 || asked.includes(name))) {
  console.log(`\n=== ${tier.name}: ${tier.title}`);
  const begun = performance.now();
  const outcome = await tier.run();
  outcomes.push({ name: tier.name, seconds: (performance.now() - begun) / 1000, ...outcome });
}

console.log("");
for (const outcome of outcomes) console.log(summaryLine(outcome));
console.log("");
console.log(totalLine(outcomes));
process.exitCode = failures(outcomes) > 0 ? 1 : 0;
