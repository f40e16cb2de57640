/** The orchestrator's process. Answers at once, is ready when database, queue and catalogue are (platform/startup.ts). */
import "reflect-metadata";
import { appModule } from "./app.module";
import { ensureAdminToken } from "./platform/admin-token";
import { buildApp } from "./platform/build-app";
import { Clock } from "./platform/clock";
import { Config, ConfigError, configFromEnvironment, secretOf } from "./platform/config";
import { EnrollmentRepository } from "./platform/enrollment-repository";
import { Ids } from "./platform/ids";
import { Log } from "./platform/log";
import { Metrics } from "./platform/metrics";
import { applyMigrations, MigrationRefused } from "./platform/migrations";
import { serveOpenApi } from "./platform/openapi";
import { StartRefused, Startup } from "./platform/startup";
import { TokenRepository } from "./platform/token-repository";

/** An orderly end takes no longer; what is not done by then is found again from the rows. */
const SHUTDOWN_WITHIN_MS = 20_000;

async function main(): Promise<void> {
  const config = configFromEnvironment();
  const log = new Log(config.logLevel);
  const app = await buildApp(appModule(config), log);
  serveOpenApi(app, config.version);
  app.get(Metrics).observeProcess();
  const startup = app.get(Startup);
  let stopping = false;
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      if (stopping) return;
      stopping = true;
      log.info("stopping", { signal });
      startup.stop();
      setTimeout(() => process.exit(0), SHUTDOWN_WITHIN_MS).unref();
      app.close().then(
        () => process.exit(0),
        (error: Error) => {
          log.error("the orderly stop failed", { reason: error.message }, error.stack);
          process.exit(1);
        },
      );
    });
  }
  await app.listen(config.listenPort, config.listenHost).catch((error: NodeJS.ErrnoException) => {
    const taken =
      error.code === "EADDRINUSE" ? "is taken by another program" : `cannot be listened on: ${error.message}`;
    throw new StartRefused(`${config.listenHost}:${config.listenPort} ${taken}; choose another with ASSAY_LISTEN`);
  });
  log.info("listening", { address: await app.getUrl() });
  await startup.run([
    { what: "the database and its schema", run: () => migrate(config, log) },
    { what: "the first tokens", run: () => makeFirstTokens(config, app, log) },
  ]);
  if (!stopping) log.info("ready");
}

async function migrate(config: Config, log: Log): Promise<void> {
  const applied = await applyMigrations(config.databaseUrl, config.migrationsFolder);
  if (applied.length > 0) log.info("migrations applied", { applied });
}

async function makeFirstTokens(config: Config, app: Awaited<ReturnType<typeof buildApp>>, log: Log): Promise<void> {
  const [ids, clock, tokens] = [app.get(Ids), app.get(Clock), app.get(TokenRepository)];
  if (config.adminTokenFile !== null && (await ensureAdminToken(config.adminTokenFile, tokens, ids, clock))) {
    log.info("made the first admin token", { file: config.adminTokenFile });
  }
  if (config.bootstrapEnroll === null) return;
  const { hostName, file } = config.bootstrapEnroll;
  const token = secretOf("ASSAY_BOOTSTRAP_ENROLL", file);
  await app.get(EnrollmentRepository).create(hostName, token, "start", clock.now());
}

main().catch((error: Error) => {
  const said = error instanceof ConfigError || error instanceof StartRefused || error instanceof MigrationRefused;
  console.error(said ? `assay-orchestrator: ${error.message}` : error);
  process.exit(said ? 2 : 1);
});
