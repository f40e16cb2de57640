/**
 * A process of its own for tests that end one, stop one or set its deadline: loads the TypeScript sources by swc and runs
 * the scenario named in argv[2] with the JSON of argv[3]. Prints one JSON line per `say`.
 */
require("./from-sources.cjs");

const { scenarios } = require("./scenarios.ts");
const say = (value) =>
  process.stdout.write(`${JSON.stringify(value, (_, v) => (typeof v === "bigint" ? `${v}` : v))}\n`);
scenarios[process.argv[2]](JSON.parse(process.argv[3]), say).catch((reason) => {
  say({ failed: String(reason), code: reason.code ?? null });
  process.exitCode = 9;
});
