/** A redis-server of a test's own: loopback, a free port, nothing on disk. */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Redis from "ioredis";
import { eventually } from "./eventually";

export interface RedisServer {
  url: string;
  stop(): Promise<void>;
}

export async function startRedis(port: number): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), "assay-redis-"));
  const password = randomBytes(16).toString("hex");
  const config = join(folder, "redis.conf");
  writeFileSync(
    config,
    `bind 127.0.0.1\nport ${port}\nsave ""\nappendonly no\nrequirepass ${password}\ndir ${folder}\n`,
    { mode: 0o600 },
  );
  const server = spawn("redis-server", [config], { stdio: "ignore" });
  const exited = new Promise<void>((resolve) => server.once("exit", () => resolve()));
  const url = `redis://:${password}@127.0.0.1:${port}`;
  const probe = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 1, retryStrategy: () => 100 });
  probe.on("error", () => {});
  await eventually("redis answers", 20_000, async () => (await probe.ping()) === "PONG");
  probe.disconnect();
  return {
    url,
    stop: async () => {
      server.kill("SIGKILL");
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
