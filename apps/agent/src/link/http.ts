/** One request to the orchestrator: bounded in time and size, with the two ways in which it can fail. */
export const REQUEST_TIMEOUT_MS = 30_000;
/** Largest answer that is read (an order with a long plan), bytes. */
export const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

/** No answer. `delivered` is false only when the request cannot have arrived. */
export class Unreachable extends Error {
  override name = "Unreachable";
  constructor(
    message: string,
    readonly delivered: boolean,
  ) {
    super(message);
  }
}

/** An answer that says no: RFC 9457 problem details where it has them. */
export class Refused extends Error {
  override name = "Refused";
  constructor(
    readonly status: number,
    readonly problem: Record<string, unknown>,
  ) {
    super(sentence(status, problem));
  }

  /** Trying the same again later may help: overload, a restart, a database that is away. */
  get passing(): boolean {
    return this.status === 408 || this.status === 425 || this.status === 429 || this.status >= 500;
  }
}

export interface HttpRequest {
  method: "GET" | "POST" | "PUT";
  url: string;
  credential: string | null;
  body: { json: unknown } | { bytes: Uint8Array };
}

/** The answer's JSON (null when it is empty). @throws Unreachable, Refused */
export async function request(ask: HttpRequest, timeoutMs = REQUEST_TIMEOUT_MS): Promise<unknown> {
  const isJson = "json" in ask.body;
  const headers: Record<string, string> = {
    "content-type": isJson ? "application/json" : "application/octet-stream",
    accept: "application/json, application/problem+json",
  };
  if (ask.credential !== null) headers.authorization = `Bearer ${ask.credential}`;
  let response: Response;
  let text: string;
  try {
    response = await fetch(ask.url, {
      method: ask.method,
      headers,
      body: "json" in ask.body ? JSON.stringify(ask.body.json) : Buffer.from(ask.body.bytes),
      signal: AbortSignal.timeout(timeoutMs),
      redirect: "error",
    });
    text = await readBounded(response);
  } catch (error) {
    throw unreachable(error, timeoutMs);
  }
  const answer = parse(text);
  if (response.ok) {
    if (answer === undefined) throw new Unreachable(`the answer to ${ask.method} ${ask.url} is no JSON`, true);
    return answer;
  }
  throw new Refused(
    response.status,
    typeof answer === "object" && answer !== null ? (answer as Record<string, unknown>) : {},
  );
}

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) throw new Error(`the answer is larger than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parse(text: string): unknown {
  if (text === "") return null;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const NEVER_ARRIVED = [
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
];

function unreachable(error: unknown, timeoutMs: number): Unreachable {
  const cause = (error as { cause?: { code?: string; message?: string } }).cause;
  const code = cause?.code ?? "";
  if ((error as Error).name === "TimeoutError") return new Unreachable(`no answer within ${timeoutMs} ms`, true);
  const words = code === "" ? (cause?.message ?? (error as Error).message) : code;
  return new Unreachable(words, !NEVER_ARRIVED.includes(code));
}

function sentence(status: number, problem: Record<string, unknown>): string {
  const words = [problem.title, problem.detail].filter((part) => typeof part === "string" && part !== "");
  return `${status} ${words.length > 0 ? words.join(": ") : "without an explanation"}`;
}
