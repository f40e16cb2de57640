/** Redis forgets everything in the middle of ten runs: it was only a doorbell. */
import { spawnSync } from "node:child_process";
import Redis from "ioredis";
import { drives, hostFile, serialOf } from "./drives";
import { eventually } from "./eventually";
import { freePort, startLab, type TestLab } from "./lab";
import { type RedisServer, startRedis } from "./redis-server";
import { expectWholeJournal, Rest } from "./rest";

const found = spawnSync("redis-server", ["--version"]).status === 0;
if (!found) console.log("skipped: redis-server is not installed");

(found ? describe : describe.skip)("FLUSHALL in the middle of ten runs", () => {
  let redis: RedisServer;
  let lab: TestLab;
  let rest: Rest;

  beforeAll(async () => {
    redis = await startRedis(await freePort());
    lab = await startLab({ hostFile: hostFile(drives(5)), redisUrl: redis.url });
    rest = Rest.of(lab);
    await eventually(
      "the DUTs are known",
      60_000,
      async () => (await rest.get<{ items: unknown[] }>("/duts")).items.length === 5,
    );
  });
  afterAll(async () => {
    await lab?.stop();
    await redis?.stop();
  });

  it("changes no result", async () => {
    const ids: string[] = [];
    for (let n = 0; n < 10; n++) ids.push(await rest.submit("smoke", serialOf((n % 5) + 1), { time: "4s" }));
    await rest.untilRunning(ids.slice(0, 5), 90_000);
    const client = new Redis(redis.url);
    expect((await client.keys("*")).length).toBeGreaterThan(0);
    for (let n = 0; n < 5; n++) {
      await client.flushall();
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    client.disconnect();
    const runs = await rest.untilFinished(ids, 240_000);
    expect(runs.map((run) => run.verdict)).toEqual(Array(10).fill("passed"));
    for (const id of ids) expectWholeJournal(await rest.events(id));
  }, 400_000);
});
