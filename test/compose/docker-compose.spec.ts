import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

const root = join(__dirname, "../..");
const compose = parse(readFileSync(join(root, "docker-compose.yml"), "utf8")) as {
  services: Record<
    string,
    { ports?: string[]; environment?: Record<string, string>; healthcheck?: unknown; restart?: string }
  >;
  secrets: Record<string, { file?: string }>;
};

describe("docker-compose.yml", () => {
  it("starts PostgreSQL, Redis, one orchestrator and one agent", () => {
    expect(Object.keys(compose.services).sort()).toEqual(["agent", "orchestrator", "postgres", "redis"]);
  });

  it("publishes nothing beyond 127.0.0.1", () => {
    const ports = Object.values(compose.services).flatMap((service) => service.ports ?? []);
    expect(ports.length).toBeGreaterThan(0);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
  });

  it("has no password in it: secrets are files", () => {
    for (const service of Object.values(compose.services)) {
      for (const [name, value] of Object.entries(service.environment ?? {})) {
        if (/PASSWORD|TOKEN|SECRET/.test(name))
          expect([name, value]).toEqual([expect.stringMatching(/_FILE$/), expect.stringMatching(/^\//)]);
        expect(value).not.toMatch(/:\/\/[^/]*:[^/@]*@/);
      }
    }
    for (const secret of Object.values(compose.secrets)) expect(secret.file).toMatch(/^\.assay\//);
  });

  it("checks the health of every service", () => {
    for (const [name, service] of Object.entries(compose.services)) {
      expect([name, service.healthcheck]).toEqual([name, expect.anything()]);
    }
  });
});
