/** `written` names an ioworker that writes, before the verify. */
import { suggestion } from "../document/suggest";
import type { Check } from "./check";

export const checkVerifies: Check = (draft, report) => {
  for (const step of draft.all.filter(({ kind }) => kind === "verify")) {
    const { written } = step.body;
    if (typeof written !== "string" || draft.unread.has(written)) continue;
    const path = [...step.path, "written"];
    const workers = draft.all.filter(({ kind, order }) => kind === "ioworker" && order < step.order);
    const named = draft.all.find(({ id }) => id === written);
    if (!named)
      report(
        path,
        `unknown step \`${written}\`${suggestion(
          written,
          workers.flatMap(({ id }) => id ?? []),
        )}`,
      );
    else if (named.kind !== "ioworker")
      report(path, `\`written\` names an ioworker step; \`${written}\` is of kind ${named.kind}`);
    else if (named.order > step.order)
      report(path, `the ioworker \`${written}\` comes after this step: there is nothing to read yet`);
    else if (named.body.read === 100) report(path, `the ioworker \`${written}\` writes nothing (\`read: 100%\`)`);
    else if (named.body.verify === false)
      report(path, `the ioworker \`${written}\` does not stamp its writes: give it \`verify: true\``);
  }
};
