/** No answer came: nobody listens there, or it took too long. */
export class ServerUnreachable extends Error {
  constructor(
    readonly url: string,
    cause: unknown,
  ) {
    super(`no answer from ${url}: ${reasonOf(cause)}`);
  }
}

interface Problem {
  title?: string;
  detail?: string;
  problems?: { message: string; path?: string; line?: number; column?: number }[];
}

/** The server answered with a problem (RFC 9457). */
export class ServerRefused extends Error {
  readonly problems: NonNullable<Problem["problems"]>;

  constructor(
    readonly status: number,
    body: unknown,
  ) {
    const problem: Problem = typeof body === "object" && body !== null ? body : {};
    super(problem.detail || problem.title || `the server answered with status ${status}`);
    this.problems = Array.isArray(problem.problems) ? problem.problems : [];
  }
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  if (cause.name === "TimeoutError") return "it took too long";
  const inner = cause.cause as NodeJS.ErrnoException | undefined;
  if (inner?.code === "ECONNREFUSED") return "nobody listens there";
  return inner?.message || cause.message;
}
