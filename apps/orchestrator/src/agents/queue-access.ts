/**
 * How agents reach their queue: on Redis, where the orchestrator uses it, by an account of each host that reaches its own
 * queue; else on PostgreSQL by a role that reaches the queue schema and nothing else. Never by the orchestrator's own
 * account. Passwords are made once and kept server-side; a payload there is ids only.
 */
import type { QueueAccess } from "@assay/protocol";
import { type BeforeApplicationShutdown, Injectable, type OnModuleInit } from "@nestjs/common";
import { Config } from "../platform/config";
import { Database } from "../platform/database";
import { Ids } from "../platform/ids";
import { Log } from "../platform/log";
import { Periodic } from "../platform/periodic";
import { NotYet, Startup } from "../platform/startup";
import { RedisAccounts } from "./redis-accounts";

const ROLE = "assay_queue";
const SCHEMA = "bullmq";
const PASSWORD_KEY = "queue role password";
const REDIS_SECRET_KEY = "secret of the hosts' Redis accounts";
/** A Redis that restarted has forgotten the accounts for at most so long. */
const LOOK_EVERY_MS = 10_000;
const MAX_HOSTS = 10_000;
/** Of all agents together; each keeps a handful. */
const MAX_CONNECTIONS = 400;

@Injectable()
export class QueueAccounts implements OnModuleInit, BeforeApplicationShutdown {
  private readonly onRedis: RedisAccounts | null;
  private readonly keeping: Periodic;

  constructor(
    private readonly database: Database,
    private readonly config: Config,
    private readonly ids: Ids,
    private readonly startup: Startup,
    private readonly log: Log,
  ) {
    const { redisUrl, queueUrl } = config;
    this.onRedis =
      redisUrl === null || queueUrl !== null ? null : new RedisAccounts(redisUrl, () => this.kept(REDIS_SECRET_KEY));
    this.keeping = new Periodic("keeping the hosts' accounts", LOOK_EVERY_MS, () => this.ensureAccounts(), log);
  }

  onModuleInit(): void {
    if (this.config.redisUrl === null) this.startup.prepare("the queue's role", () => this.ensureRole());
    const { onRedis } = this;
    if (onRedis === null) return;
    this.startup.prepare("the hosts' accounts on Redis", async () => {
      await onRedis.check();
      await this.ensureAccounts();
    });
    this.startup.begin("keeping the hosts' accounts", async () => this.keeping.start());
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.keeping.stop();
  }

  /** Where the host of that queue listens. While Redis is away the account is made later. */
  async access(queueName: string): Promise<QueueAccess> {
    const { redisUrl, queueUrl } = this.config;
    if (this.onRedis !== null) {
      await this.onRedis.renew(queueName).catch((error: Error) => {
        if (!(error instanceof NotYet)) throw error;
        this.log.warn("a host's account on Redis is made later", { reason: error.message });
      });
      return { backend: "redis", url: await this.onRedis.urlOf(queueName) };
    }
    if (queueUrl !== null && redisUrl !== null) return { backend: "redis", url: queueUrl };
    if (queueUrl !== null) return { backend: "postgres", connectionString: queueUrl, schema: SCHEMA };
    const url = new URL(this.config.databaseUrl);
    url.username = ROLE;
    url.password = await this.password();
    return { backend: "postgres", connectionString: url.toString(), schema: SCHEMA };
  }

  private async ensureAccounts(): Promise<void> {
    const hosts = await this.database.query<{ queueName: string }>(
      'SELECT queue_name AS "queueName" FROM host ORDER BY created_at DESC LIMIT $1',
      [MAX_HOSTS],
    );
    const made = await this.onRedis!.ensure(hosts.map(({ queueName }) => queueName));
    if (made > 0) this.log.info("made accounts of hosts on Redis", { count: made });
  }

  /** Several orchestrators may come here at once. */
  private async ensureRole(): Promise<void> {
    const password = await this.password();
    await this.database.transaction(async (transaction) => {
      await transaction.query("SELECT pg_advisory_xact_lock(hashtext('assay queue role'))");
      const [found] = await transaction.query("SELECT 1 FROM pg_roles WHERE rolname = $1", [ROLE]);
      // A statement about roles takes no parameters; both values are ours, and quoted.
      const options = `LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT CONNECTION LIMIT ${MAX_CONNECTIONS} PASSWORD '${password}'`;
      await transaction.query(`${found ? "ALTER" : "CREATE"} ROLE ${ROLE} WITH ${options}`);
    });
  }

  private async password(): Promise<string> {
    const value = await this.kept(PASSWORD_KEY);
    if (!/^[\w-]+$/.test(value)) throw new Error("the queue role's password is not one of ours");
    return value;
  }

  /** A secret that is made by whoever needs it first. */
  private async kept(key: string): Promise<string> {
    await this.database.query(
      "INSERT INTO setting (key, value) VALUES ($1, to_jsonb($2::text)) ON CONFLICT (key) DO NOTHING",
      [key, this.ids.secret()],
    );
    const [row] = await this.database.query<{ value: string }>("SELECT value FROM setting WHERE key = $1", [key]);
    return row!.value;
  }
}
