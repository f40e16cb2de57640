import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { Queue } from "bullmq";
import { doorbellConformance, type QueueServer } from "./doorbell-conformance";

jest.setTimeout(120_000);

class RedisServer implements QueueServer {
  private process: ChildProcess | null = null;

  constructor(private readonly port: number) {}

  access = () => ({ backend: "redis" as const, url: `redis://127.0.0.1:${this.port}` });

  async start(): Promise<void> {
    const redis = spawn("redis-server", ["--port", String(this.port), "--save", "", "--appendonly", "no"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.process = redis;
    await new Promise<void>((ready, failed) => {
      redis.once("exit", (code) => failed(new Error(`redis-server exited with ${code}`)));
      redis.stdout.on("data", (chunk: Buffer) => {
        if (chunk.toString().includes("Ready to accept connections")) ready();
      });
    });
  }

  async kill(): Promise<void> {
    const { process: redis } = this;
    this.process = null;
    if (redis === null) return;
    const gone = new Promise((done) => redis.once("exit", done));
    redis.kill("SIGKILL");
    await gone;
  }

  async add(name: string, data: unknown): Promise<void> {
    const queue = new Queue(name, {
      connection: { url: `redis://127.0.0.1:${this.port}`, maxRetriesPerRequest: null },
    });
    await queue.add("ring", data, { removeOnComplete: true, removeOnFail: true });
    await queue.close();
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

const found = spawnSync("redis-server", ["--version"]).status === 0;
if (!found) process.stdout.write("skipped: doorbells over Redis: redis-server is not installed\n");
const suite = found ? describe : describe.skip;

suite("doorbells over Redis", () => {
  doorbellConformance(async () => new RedisServer(await freePort()));
});
