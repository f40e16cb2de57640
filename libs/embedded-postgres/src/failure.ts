/** What goes wrong when a database is started, as one table: what the system says -> what we say. */

/** A start that failed, in a sentence for the person at the terminal. `code` is stable, for programs. */
export class PostgresFailure extends Error {
  constructor(
    readonly code: FailureCode,
    message: string,
    /** What PostgreSQL or the system said itself. */
    readonly detail: string,
  ) {
    super(message);
    this.name = "PostgresFailure";
  }
}

export type FailureCode =
  | "already-running"
  | "lock-left"
  | "port-taken"
  | "disk-full"
  | "read-only"
  | "not-permitted"
  | "wrong-version"
  | "no-memory"
  | "no-account"
  | "too-slow"
  | "broken";

interface Rule {
  code: FailureCode;
  says: RegExp;
  /** The old server's last traces vanish by themselves: worth another try. */
  passing?: true;
  message: (dir: string) => string;
}

const RULES: Rule[] = [
  {
    code: "lock-left",
    says: /lock file "[^"]*" already exists|pre-existing shared memory block|is still in use/,
    passing: true,
    message: (dir) => `another PostgreSQL server still holds ${dir}`,
  },
  {
    code: "port-taken",
    says: /could not bind|Address already in use|could not create any TCP\/IP sockets/,
    message: () => "the port for PostgreSQL on 127.0.0.1 is taken by another program",
  },
  {
    code: "disk-full",
    says: /No space left on device|ENOSPC|Disk quota exceeded|EDQUOT/,
    message: (dir) => `the disk that holds ${dir} is full: make room and start again`,
  },
  {
    code: "read-only",
    says: /Read-only file system|EROFS/,
    message: (dir) => `${dir} is on a read-only file system: choose a folder that can be written`,
  },
  {
    code: "not-permitted",
    says: /Permission denied|EACCES|EPERM|Operation not permitted|wrong ownership|invalid permissions/,
    message: (dir) => `no permission to keep a database in ${dir}: it must belong to the user who starts it`,
  },
  {
    code: "no-memory",
    says: /Cannot allocate memory|could not map anonymous shared memory|ENOMEM/,
    message: () => "there is not enough memory for PostgreSQL",
  },
  {
    code: "no-account",
    says: /could not look up (?:effective|local) user ID \d+|user does not exist/,
    message: () =>
      "the user id that starts this has no entry in /etc/passwd, and PostgreSQL does not start without one: " +
      "add it (useradd --uid), or start as another user",
  },
];

/** The rule that fits what the system said, or `broken` with its last words. */
export function failureFrom(text: string, dir: string): PostgresFailure & { passing?: true } {
  const rule = RULES.find(({ says }) => says.test(text));
  const last = text.trim().split("\n").slice(-3).join(" | ").slice(0, 1000);
  if (rule === undefined) return new PostgresFailure("broken", `PostgreSQL did not start in ${dir}: ${last}`, text);
  const failure = new PostgresFailure(rule.code, rule.message(dir), text);
  return rule.passing ? Object.assign(failure, { passing: true as const }) : failure;
}
