/**
 * PostgreSQL refuses uid 0. As root it runs as uid 65534 with one capability, dac_override, so that it reaches a data
 * folder below somebody's 0700 home; a user namespace would not (stack.md). `pdeathsig` ends the server orderly when
 * its parent is killed, so that no orphan keeps the folder.
 */
export const UNPRIVILEGED_ID = 65534;

export interface Command {
  program: string;
  args: string[];
}

/** The command line that starts `program` for a caller of this uid. `setpriv` is null where the machine has none. */
export function launchCommand(uid: number, setpriv: string | null, program: string, args: string[]): Command {
  if (uid !== 0) {
    if (setpriv === null) return { program, args };
    return { program: setpriv, args: ["--pdeathsig", "INT", program, ...args] };
  }
  if (setpriv === null) {
    throw new Error("PostgreSQL does not run as root, and setpriv (Debian: util-linux) is not on the PATH to lower it");
  }
  const id = String(UNPRIVILEGED_ID);
  const lower = ["--reuid", id, "--regid", id, "--clear-groups"];
  const reach = ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"];
  return { program: setpriv, args: [...lower, ...reach, "--pdeathsig", "INT", program, ...args] };
}
