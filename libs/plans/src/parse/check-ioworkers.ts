/** An ioworker must end, and what ends it must be there. */
import type { Check } from "./check";
import type { DraftStep } from "./draft";

const ENDS = ["time", "count", "passes", "until"] as const;
/** A replay says all of this itself. */
const NOT_WITH_SEQUENCE = [
  "size",
  "random",
  "read",
  "operations",
  "align",
  "step",
  "distribution",
  "iops",
  "passes",
  "flushEvery",
  "skipUncorrectable",
] as const;

export const checkIoWorkers: Check = (draft, report) => {
  for (const step of draft.all.filter(({ kind }) => kind === "ioworker")) {
    const { body, path, written } = step;
    for (const [path, message] of contradictions(step)) report([...step.path, path], message, "key");
    if (!written.has("size") && !written.has("sequence"))
      report(path, "this ioworker has no `size` (and no `sequence`): give it one such as 4KiB", "key");
    if (!written.has("sequence") && !ENDS.some((key) => written.has(key)))
      report(path, `this ioworker never ends: give it ${ENDS.slice(0, -1).join(", ")} or until`, "key");
    if (body.until === "power-lost" && !cutBeside(step))
      report(
        [...path, "until"],
        "`until: power-lost` needs a `power` step with `action: cut` or `cycle` in the same `parallel`",
      );
    if (written.has("passes") && "random" in body && body.random !== 0)
      report([...path, "passes"], "`passes` counts sequential passes: it needs `random: 0%`", "key");
    if (written.has("freezeFor") && !freezes(step))
      report([...path, "freezeFor"], "`freezeFor` needs a reaction `freeze` in `onError` or `onStatus`", "key");
    if (written.has("flushEvery") && body.read === 100 && !written.has("operations"))
      report([...path, "flushEvery"], "`flushEvery` counts writes, and this ioworker only reads (`read: 100%`)", "key");
  }
};

/** Keys that cannot stand together: the one to blame, and why. */
function* contradictions({ body, written }: DraftStep): Generator<[string, string]> {
  if (written.has("sequence"))
    for (const key of NOT_WITH_SEQUENCE.filter((key) => written.has(key)))
      yield [key, `\`${key}\` and \`sequence\` exclude one another: a replay says it itself`];
  else if (written.has("operations") && written.has("read"))
    yield ["read", "`read` and `operations` exclude one another"];
  if (written.has("step") && body.random === 100)
    yield ["step", "`step` is for sequential I/Os: it needs `random` below 100%"];
  if (written.has("distribution") && typeof body.random === "number" && body.random !== 100)
    yield ["distribution", "`distribution` spreads random I/Os: it needs `random: 100%`"];
  if (written.has("pattern") && body.verify === true)
    yield [
      "pattern",
      "`pattern` and `verify` exclude one another: a sector that proves itself has a payload of its own",
    ];
  if (body.exclusive === true && body.verify === false) yield ["exclusive", "`exclusive` needs `verify: true`"];
}

function freezes({ body }: DraftStep): boolean {
  const single = Array.isArray(body.onStatus) ? (body.onStatus as { action: string }[]) : [];
  return body.onError === "freeze" || single.some(({ action }) => action === "freeze");
}

function cutBeside({ around }: DraftStep): boolean {
  const parallel = around.at(-1);
  return (
    parallel?.kind === "parallel" &&
    parallel.children.some(({ kind, body }) => kind === "power" && body.action !== "restore")
  );
}
