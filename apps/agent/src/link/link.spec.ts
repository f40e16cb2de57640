import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { StartError } from "../platform/start-error";
import { Backoff } from "./backoff";
import { decideEnrolment, type Membership } from "./enrolment";
import { Refused, request, Unreachable } from "./http";
import { BadAnswer, Orchestrator } from "./orchestrator";

test("waits double up to the maximum, with jitter, and begin anew after a success", () => {
  const most = new Backoff({ firstMs: 100, maxMs: 1000 }, () => 1);
  expect([1, 2, 3, 4, 5, 6].map(() => most.next())).toEqual([100, 200, 400, 800, 1000, 1000]);
  most.reset();
  expect(most.next()).toBe(100);
  const least = new Backoff({ firstMs: 100, maxMs: 1000 }, () => 0);
  expect([least.next(), least.next()]).toEqual([50, 100]);
  for (let n = 0; n < 5000; n++) least.next();
  expect(least.next()).toBe(500);
});

describe("enrolment", () => {
  const stored: Membership = {
    hostId: "00000000-0000-4000-8000-000000000001",
    credential: "c",
    queueName: "q",
    queue: { backend: "redis", url: "redis://x" },
    hostName: "h",
    tokenHash: "",
  };
  const hash = (token: string) => {
    const need = decideEnrolment(null, token, "h");
    return need.kind === "enrol" ? need.tokenHash : "";
  };

  test("a token is used once: the agent keeps its credential while the file says the same", () => {
    expect(decideEnrolment(null, "token-one", "h")).toMatchObject({ kind: "enrol", token: "token-one" });
    const kept = { ...stored, tokenHash: hash("token-one") };
    expect(decideEnrolment(kept, "token-one", "h")).toEqual({ kind: "keep", membership: kept });
    expect(decideEnrolment(kept, null, "h")).toEqual({ kind: "keep", membership: kept });
  });

  test("a new token means a new enrolment", () => {
    expect(decideEnrolment({ ...stored, tokenHash: hash("token-one") }, "token-two", "h")).toMatchObject({
      kind: "enrol",
    });
  });

  test("neither credential nor token, or a folder of another host, are told", () => {
    expect(() => decideEnrolment(null, null, "h")).toThrow(StartError);
    expect(() => decideEnrolment(stored, null, "other")).toThrow(/belongs to host "h" and the host file says "other"/);
  });
});

describe("requests", () => {
  async function served(status: number, body: string, type = "application/json") {
    const server = createServer((_, response) => {
      response.writeHead(status, { "content-type": type });
      response.end(body);
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return { url, close: () => new Promise((done) => server.close(done)) };
  }
  const ask = (url: string, timeoutMs?: number) =>
    request({ method: "POST", url, credential: "x", body: { json: {} } }, timeoutMs).then(
      () => null,
      (error: Error) => error,
    );

  test("problem details become a sentence", async () => {
    const server = await served(
      409,
      JSON.stringify({ title: "Conflict", detail: "the lease is not yours", nextSeq: 4 }),
    );
    const error = await ask(server.url);
    expect(error).toBeInstanceOf(Refused);
    expect(error).toMatchObject({
      status: 409,
      passing: false,
      message: "409 Conflict: the lease is not yours",
      problem: { nextSeq: 4 },
    });
    await server.close();
  });

  test("an answer that is no JSON is told as such, whatever its status", async () => {
    const proxy = await served(502, "<html>", "text/html");
    expect(await ask(proxy.url)).toMatchObject({ status: 502, passing: true });
    await proxy.close();
    const odd = await served(200, "<html>", "text/html");
    expect(await ask(odd.url)).toBeInstanceOf(Unreachable);
    await odd.close();
  });

  test("a refused connection certainly did not deliver; a silent one may have", async () => {
    const gone = await served(200, "");
    await gone.close();
    expect(await ask(gone.url)).toMatchObject({ name: "Unreachable", delivered: false });
    const silent = createServer(() => {});
    await new Promise<void>((done) => silent.listen(0, "127.0.0.1", done));
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    expect(await ask(url, 100)).toMatchObject({ name: "Unreachable", delivered: true });
    silent.closeAllConnections();
    await new Promise((done) => silent.close(done));
  });

  test("an answer of another shape is not taken for the truth", async () => {
    const server = await served(200, JSON.stringify({ nextSeq: "many" }));
    const orchestrator = new Orchestrator(`${server.url}/`, "c");
    const key = { runId: "00000000-0000-4000-8000-000000000001", epoch: 1 };
    await expect(orchestrator.events(key, [])).rejects.toThrow(BadAnswer);
    await server.close();
  });
});
