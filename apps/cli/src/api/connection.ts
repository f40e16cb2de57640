import { randomUUID } from "node:crypto";
import createClient from "openapi-fetch";
import type { paths } from "../generated/api";
import { ServerRefused, ServerUnreachable } from "./server-errors";

/** The longest time that one answer may take. */
const ANSWER_WITHIN_MS = 30_000;

export interface Address {
  url: string;
  token: string | null;
}

/** The generated client with our token, an idempotency key on each POST and a limit for each answer. */
export function connect({ url, token }: Address) {
  const client = createClient<paths>({
    baseUrl: url,
    headers: token === null ? {} : { Authorization: `Bearer ${token}` },
    fetch: (request: Request) => reach(url, () => fetch(request, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) })),
  });
  client.use({
    onRequest: ({ request }) => {
      if (request.method === "POST" && !request.headers.has("Idempotency-Key"))
        request.headers.set("Idempotency-Key", randomUUID());
      return request;
    },
  });
  return client;
}
export type Api = ReturnType<typeof connect>;

/** What came back, or a `ServerRefused` that says why not. */
export async function answer<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await call;
  if (response.ok) return data as T;
  throw new ServerRefused(response.status, error);
}

/** @throws ServerUnreachable instead of what fetch throws */
export async function reach(url: string, work: () => Promise<Response>): Promise<Response> {
  try {
    return await work();
  } catch (error) {
    throw new ServerUnreachable(url, error);
  }
}
