import { configFrom } from "./config";

const DATABASE_URL = "postgresql://assay:secret@127.0.0.1/assay";

describe("the configuration", () => {
  it("has its defaults", () => {
    expect(configFrom({ DATABASE_URL })).toMatchObject({
      ...{ redisUrl: null, listenHost: "127.0.0.1", listenPort: 4600, adminTokenFile: null, logLevel: "info" },
    });
  });

  it("takes an IPv6 address to listen on", () => {
    expect(configFrom({ DATABASE_URL, ASSAY_LISTEN: "[::1]:80" })).toMatchObject({ listenHost: "::1", listenPort: 80 });
  });

  it.each([
    [{}, "DATABASE_URL is not set"],
    [{ DATABASE_URL: "mysql://x" }, "DATABASE_URL is not a postgres:// URL"],
    [{ DATABASE_URL, REDIS_URL: "http://x" }, "REDIS_URL is not a redis:// URL"],
    [{ DATABASE_URL, ASSAY_LISTEN: "4600" }, 'ASSAY_LISTEN "4600" is not host:port'],
    [{ DATABASE_URL, ASSAY_LISTEN: "x:99999" }, "is not host:port"],
    [{ DATABASE_URL, ASSAY_LOG: "loud" }, 'ASSAY_LOG "loud" is none of debug, info, warn, error'],
  ])("refuses %j in words", (environment, sentence) => {
    expect(() => configFrom(environment)).toThrow(sentence);
  });

  it("never tells a secret in its refusals", () => {
    const refuse = () => configFrom({ DATABASE_URL: "mysql://user:hunter2@x/y" });
    expect(refuse).toThrow(expect.objectContaining({ message: expect.not.stringContaining("hunter2") }));
  });
});
