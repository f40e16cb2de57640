/** What a rule between keys is. */
import type { Draft } from "./draft";
import type { Aim, Path } from "./positions";

/** Reports one problem at a path: at the value, or with `key` at the key. */
export type Report = (path: Path, message: string, aim?: Aim) => void;
export type Check = (draft: Draft, report: Report) => void;
