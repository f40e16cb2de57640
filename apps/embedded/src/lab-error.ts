/** Ends the lab with a sentence for the person at the terminal; no stack is printed for it. */
export class LabError extends Error {}

/** A system error as a sentence that says what can be done about `place`. */
export function sentenceFor(error: unknown, place: string): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const known: Record<string, string> = {
    ENOSPC: `the disk that holds ${place} is full: make room, or choose another folder with ASSAY_HOME`,
    EDQUOT: `your disk quota for ${place} is used up: make room, or choose another folder with ASSAY_HOME`,
    EROFS: `${place} is on a read-only file system: choose a folder that can be written with ASSAY_HOME`,
    EACCES: `${place} may not be written by this user: choose another folder with ASSAY_HOME`,
    EPERM: `${place} may not be written by this user: choose another folder with ASSAY_HOME`,
    ENOENT: `${place} cannot be made there: choose another folder with ASSAY_HOME`,
    ENOTDIR: `a part of ${place} is no folder: choose another one with ASSAY_HOME`,
    EEXIST: `${place} is in the way: choose another folder with ASSAY_HOME`,
  };
  return known[code ?? ""] ?? `${place} cannot be used: ${message}`;
}
