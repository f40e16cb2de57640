import { Loop } from "./loop";

const HOUR_MS = 3_600_000;

test("a wake-up call brings the next round before its time, and a stop waits for the round under way", async () => {
  let rounds = 0;
  let letGo = () => {};
  const second = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const seen: (() => void)[] = [];
  const reached = (n: number) =>
    new Promise<void>((resolve) => {
      seen[n] = resolve;
    });
  const [first, next] = [reached(1), reached(2)];
  const loop = new Loop(async () => {
    rounds++;
    seen[rounds]?.();
    if (rounds === 2) await second;
    return HOUR_MS;
  });
  loop.start();
  await first;
  loop.wake();
  await next;
  let stopped = false;
  const stop = loop.stop().then(() => {
    stopped = true;
  });
  await Promise.resolve();
  expect(stopped).toBe(false);
  letGo();
  await stop;
  expect(rounds).toBe(2);
});

test("a loop that was never started stops at once", async () => {
  await expect(new Loop(async () => HOUR_MS).stop()).resolves.toBeUndefined();
});
