/** An ioworker must end, and what ends it must be there. */
import type { Check } from "./check";
import type { DraftStep } from "./draft";

const ENDS = ["time", "count", "passes", "until"] as const;

export const checkIoWorkers: Check = (draft, report) => {
  for (const step of draft.all.filter(({ kind }) => kind === "ioworker")) {
    const { body, path, written } = step;
    if (!ENDS.some((key) => written.has(key)))
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
    if (written.has("flushEvery") && body.read === 100)
      report([...path, "flushEvery"], "`flushEvery` counts writes, and this ioworker only reads (`read: 100%`)", "key");
  }
};

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
