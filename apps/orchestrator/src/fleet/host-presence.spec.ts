import { DEGRADED_AFTER_MS, OFFLINE_AFTER_MS, presenceOf } from "./host-presence";

describe("the presence of a host", () => {
  const now = new Date("2026-11-22T12:00:00Z");
  const ago = (ms: number) => new Date(now.getTime() - ms);

  it("goes from online over degraded to offline as heartbeats stay away", () => {
    expect(presenceOf(ago(0), now)).toEqual({ observed: "online", reason: null });
    expect(presenceOf(ago(DEGRADED_AFTER_MS - 1), now).observed).toBe("online");
    expect(presenceOf(ago(DEGRADED_AFTER_MS), now)).toMatchObject({
      observed: "degraded",
      reason: expect.stringContaining("last heartbeat"),
    });
    expect(presenceOf(ago(OFFLINE_AFTER_MS), now).observed).toBe("offline");
  });

  it("is offline before the first heartbeat", () => {
    expect(presenceOf(null, now)).toEqual({ observed: "offline", reason: "it has never reported" });
  });
});
