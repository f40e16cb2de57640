/** A Redis server of our own, where this machine has the program. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { Redis } from "ioredis";

/** Null, or why there is no Redis to test with. */
export function redisMissing(): string | null {
  try {
    execFileSync("redis-server", ["--version"], { stdio: "ignore" });
    return null;
  } catch {
    return "redis-server is not installed on this machine";
  }
}

export class RedisServer {
  private constructor(
    private child: ChildProcess,
    readonly port: number,
    private readonly password: string | null,
  ) {}

  static async start(password: string | null = null): Promise<RedisServer> {
    const probe = createServer().listen(0, "127.0.0.1");
    await once(probe, "listening");
    const { port } = probe.address() as { port: number };
    await new Promise((resolve) => probe.close(resolve));
    return new RedisServer(await launch(port, password), port, password);
  }

  get url(): string {
    return `redis://${this.password === null ? "" : `:${this.password}@`}127.0.0.1:${this.port}`;
  }

  async flush(): Promise<void> {
    const client = new Redis(this.url);
    await client.flushall();
    client.disconnect();
  }

  async crash(): Promise<void> {
    await this.stop();
    this.child = await launch(this.port, this.password);
  }

  async stop(): Promise<void> {
    const gone = once(this.child, "exit");
    this.child.kill("SIGKILL");
    await gone;
  }
}

async function launch(port: number, password: string | null): Promise<ChildProcess> {
  const options = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
  if (password !== null) options.push("--requirepass", password);
  const child = spawn("redis-server", options, { stdio: ["ignore", "pipe", "inherit"] });
  for await (const text of child.stdout) if (String(text).includes("Ready to accept connections")) break;
  return child;
}
