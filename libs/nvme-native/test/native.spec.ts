/** The C++ unit tests of the core and the model (native/test), built by the Makefile. `make asan` and `make tsan` build them under a sanitizer. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { bucketOf } from "@assay/protocol";

const root = join(__dirname, "..");
const program = join(root, "build", "native_test");

// Compiling is most of it, once.
beforeAll(() => {
  execFileSync("make", ["-s", "-C", root, "unit", `NODE=${process.execPath}`], { stdio: "inherit" });
}, 300_000);

const SUITES = [
  "event",
  "histogram",
  "stamp",
  "prp",
  "cmdlog",
  "pattern",
  "worker",
  "worker-statistics",
  "qpair",
  "qpair-timeouts",
  "verify-table",
  "verify-durability",
  "verify-unreadable",
  "verify-check",
  "unclean-stop",
  "unclean-stop-at-random",
  "reclaim-units",
  "placement",
  "tracked-io",
  "power-loss",
  "key-values",
  "protection",
  "protection-tuple",
  "classification",
  "stress",
  "resets",
  "bare",
  "ring-qpair",
  "ring-completions",
];

test("all native suites are run here", () => {
  expect(execFileSync(program, ["list"], { encoding: "utf8" }).trim().split("\n")).toEqual(SUITES);
});

test.each(SUITES)(
  "native suite %s",
  (suite) => {
    expect(execFileSync(program, [suite], { encoding: "utf8" })).toContain(`ok ${suite}`);
  },
  60_000,
);

test("the native histogram has the buckets of the protocol", () => {
  const lines = execFileSync(program, ["buckets"], { encoding: "utf8" }).trim().split("\n");
  expect(lines.length).toBeGreaterThan(4000);
  const different = lines.filter((line) => {
    const [value, bucket] = line.split(" ").map(Number);
    return bucketOf(value!) !== bucket;
  });
  expect(different).toEqual([]);
});
