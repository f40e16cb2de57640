/** The error table of the HTTP API (RFC 9457). A caller's fault is thrown as `problem(code, detail)`. */
export const PROBLEMS = {
  "invalid-request": { status: 400, title: "The request is not valid" },
  "invalid-cursor": { status: 400, title: "The cursor is not one of ours" },
  "invalid-idempotency-key": { status: 400, title: "The Idempotency-Key is not valid" },
  "no-token": { status: 401, title: "A token is needed" },
  "invalid-token": { status: 401, title: "The token is not valid" },
  "invalid-enrollment": { status: 401, title: "The enrollment token is not valid" },
  forbidden: { status: 403, title: "The token's role does not allow this" },
  "not-found": { status: 404, title: "Not found" },
  "method-not-allowed": { status: 405, title: "Method not allowed" },
  conflict: { status: 409, title: "That conflicts with the present state" },
  "idempotency-in-progress": { status: 409, title: "The first request with this key has not ended" },
  "wire-version": { status: 409, title: "The two ends speak different versions" },
  "lease-not-yours": { status: 409, title: "The lease is not held by the caller" },
  "sequence-gap": { status: 409, title: "The events do not continue where the stored ones end" },
  "length-required": { status: 411, title: "A body without a length needs a token" },
  "too-large": { status: 413, title: "The request is too large" },
  "unsupported-media-type": { status: 415, title: "Unsupported media type" },
  "invalid-plan": { status: 422, title: "The plan is not valid" },
  unprocessable: { status: 422, title: "The request cannot be carried out" },
  "idempotency-key-reused": { status: 422, title: "The Idempotency-Key belongs to another request" },
  "too-many-requests": { status: 429, title: "Too many requests" },
  internal: { status: 500, title: "An error on our side" },
  unavailable: { status: 503, title: "Not ready" },
} as const satisfies Record<string, { status: number; title: string }>;
export type ProblemCode = keyof typeof PROBLEMS;

/** One thing that is wrong, and where: a path into the request, or line and column of a text. */
export interface ProblemItem {
  message: string;
  path?: string;
  line?: number;
  column?: number;
}

export class Problem extends Error {
  constructor(
    readonly code: ProblemCode,
    detail: string,
    readonly problems: ProblemItem[] = [],
    /** Further members of the answer, for example `nextSeq`. */
    readonly extra: Record<string, unknown> = {},
  ) {
    super(detail);
  }

  get status(): number {
    return PROBLEMS[this.code].status;
  }
}

export function problem(
  code: ProblemCode,
  detail: string,
  problems: ProblemItem[] = [],
  extra: Record<string, unknown> = {},
): Problem {
  return new Problem(code, detail, problems, extra);
}

export interface ProblemBody {
  type: string;
  title: string;
  status: number;
  code: ProblemCode;
  detail: string;
  problems?: ProblemItem[];
  [member: string]: unknown;
}

export function problemBody(error: Problem): ProblemBody {
  const { status, title } = PROBLEMS[error.code];
  return {
    ...error.extra,
    type: `urn:assay:problem:${error.code}`,
    title,
    status,
    code: error.code,
    detail: error.message,
    ...(error.problems.length > 0 ? { problems: error.problems } : {}),
  };
}
