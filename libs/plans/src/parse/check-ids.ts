/** Ids are unique: of steps in the whole plan, of criteria among themselves. */
import type { Check } from "./check";
import { type Path, showPath } from "./positions";

export const checkIds: Check = (draft, report) => {
  const unique = (what: string, parts: readonly { id: string | null; path: Path }[]) => {
    const first = new Map<string, Path>();
    for (const { id, path } of parts) {
      if (id === null) continue;
      const taken = first.get(id);
      if (taken) report([...path, "id"], `${what} id \`${id}\` is already taken by ${showPath(taken)}`);
      else first.set(id, path);
    }
  };
  unique("step", draft.all);
  unique("criterion", draft.criteria);
};
