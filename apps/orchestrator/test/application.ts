/** The whole orchestrator over HTTP on a real PostgreSQL: what `main` runs, without the process around it. */
import { mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EmbeddedPostgres, startPostgres } from "@assay/embedded-postgres";
import type { NestFastifyApplication } from "@nestjs/platform-fastify";
import { appModule } from "../src/app.module";
import { newToken } from "../src/platform/admin-token";
import { buildApp } from "../src/platform/build-app";
import { type Config, configFrom } from "../src/platform/config";
import { Database } from "../src/platform/database";
import { Ids } from "../src/platform/ids";
import { Log } from "../src/platform/log";
import { applyMigrations } from "../src/platform/migrations";
import { serveOpenApi } from "../src/platform/openapi";
import { Startup } from "../src/platform/startup";
import { hashOfToken } from "../src/platform/token-repository";

export type Role = "viewer" | "operator" | "admin" | "agent";

export interface Route {
  method: string;
  url: string;
}

export interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into what came
  body: any;
}

export interface CallOptions {
  token?: string;
  body?: unknown;
  headers?: Record<string, string>;
}

/** A PostgreSQL in a folder of its own; `stop` and `start` play its absence. */
export class TestPostgres {
  private constructor(
    private readonly folder: string,
    private server: EmbeddedPostgres,
  ) {}

  static async start(): Promise<TestPostgres> {
    const folder = await mkdtemp(join(tmpdir(), "assay-app-"));
    return new TestPostgres(folder, await startPostgres({ dir: join(folder, "pg") }));
  }

  get url(): string {
    return this.server.url;
  }

  async stop(): Promise<void> {
    await this.server.stop();
  }

  /** On the same folder and port. */
  async startAgain(): Promise<void> {
    this.server = await startPostgres({ dir: join(this.folder, "pg"), port: this.server.port });
  }

  async remove(): Promise<void> {
    await this.server.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

export class Application {
  private constructor(
    readonly app: NestFastifyApplication,
    readonly routes: Route[],
    readonly base: string,
    readonly config: Config,
  ) {}

  /** Listens at once; `ready` ends when the start is done. */
  static async listen(
    databaseUrl: string,
    log = new Log("error", undefined, () => {}),
    environment: NodeJS.ProcessEnv = {},
  ): Promise<Application> {
    const config = configFrom({ DATABASE_URL: databaseUrl, ASSAY_LOG: "error", ...environment });
    const app = await buildApp(appModule(config), log);
    serveOpenApi(app, config.version);
    const routes: Route[] = [];
    app
      .getHttpAdapter()
      .getInstance()
      .addHook("onRoute", ({ method, url }) => {
        for (const one of [method].flat()) routes.push({ method: one, url });
      });
    await app.listen(0, "127.0.0.1");
    const { port } = app.getHttpServer().address() as AddressInfo;
    return new Application(app, routes, `http://127.0.0.1:${port}`, config);
  }

  static async start(databaseUrl: string, environment: NodeJS.ProcessEnv = {}): Promise<Application> {
    const application = await Application.listen(databaseUrl, undefined, environment);
    await application.ready();
    return application;
  }

  ready(): Promise<void> {
    const { databaseUrl, migrationsFolder } = this.config;
    const migrate = async () => void (await applyMigrations(databaseUrl, migrationsFolder));
    return this.app.get(Startup).run([{ what: "the database and its schema", run: migrate }]);
  }

  get database(): Database {
    return this.app.get(Database);
  }

  async call(method: string, path: string, { token, body, headers }: CallOptions = {}): Promise<Answer> {
    const text = typeof body === "string" || body === undefined ? body : JSON.stringify(body);
    const answer = await fetch(`${this.base}${path}`, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(text === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(text === undefined ? {} : { body: text }),
    });
    const received = await answer.text();
    const isJson = (answer.headers.get("content-type") ?? "").includes("json");
    return {
      status: answer.status,
      headers: answer.headers,
      body: isJson && received !== "" ? JSON.parse(received) : received,
    };
  }

  /** A token of that role, made past the API. */
  async tokenOf(role: Role, hostId: string | null = null): Promise<string> {
    const token = newToken(role, this.app.get(Ids));
    await this.database.query(
      "INSERT INTO token (name, role, hash, host_id, created_by) VALUES ($1, $2::token_role, $3, $4, 'test')",
      [`the ${role}`, role, hashOfToken(token), hostId],
    );
    return token;
  }

  async hostNamed(name: string): Promise<string> {
    const [row] = await this.database.query<{ id: string }>(
      "INSERT INTO host (name, queue_name) VALUES ($1, $2) RETURNING id",
      [name, `host-${name}`],
    );
    return row!.id;
  }

  async stop(): Promise<void> {
    this.app.get(Startup).stop();
    await this.app.close();
  }
}
