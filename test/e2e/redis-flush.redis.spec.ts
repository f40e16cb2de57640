/** Redis forgets everything in the middle of ten runs: it was only a doorbell. */
import Redis from "ioredis";
import { RedisServer, redisMissing } from "../../apps/orchestrator/test/redis-server";
import { drives, hostFile, serialOf } from "./drives";
import { startLab, type TestLab } from "./lab";
import { expectWholeJournal, Rest } from "./rest";

const missing = redisMissing();
if (missing !== null) console.log(`skipped: ${missing}`);

(missing === null ? describe : describe.skip)("FLUSHALL in the middle of ten runs", () => {
  let redis: RedisServer;
  let lab: TestLab;
  let rest: Rest;

  beforeAll(async () => {
    redis = await RedisServer.start();
    lab = await startLab({ hostFile: hostFile(drives(5)), redisUrl: redis.url });
    rest = Rest.of(lab);
    await rest.untilKnown(5);
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
