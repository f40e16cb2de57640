/**
 * How agents reach their queue: Redis where the orchestrator uses it, else PostgreSQL by a role that reaches the queue
 * schema and nothing else. Its password is made once and kept server-side; a payload there is ids only.
 */
import type { QueueAccess } from "@assay/protocol";
import { Injectable, type OnModuleInit } from "@nestjs/common";
import { Config } from "../platform/config";
import { Database } from "../platform/database";
import { Ids } from "../platform/ids";
import { Startup } from "../platform/startup";

const ROLE = "assay_queue";
const SCHEMA = "bullmq";
const PASSWORD_KEY = "queue role password";
/** Of all agents together; each keeps a handful. */
const MAX_CONNECTIONS = 400;

@Injectable()
export class QueueAccounts implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly config: Config,
    private readonly ids: Ids,
    private readonly startup: Startup,
  ) {}

  onModuleInit(): void {
    if (this.config.redisUrl === null) this.startup.prepare("the queue's role", () => this.ensureRole());
  }

  async access(): Promise<QueueAccess> {
    const { redisUrl, queueUrl } = this.config;
    if (redisUrl !== null) return { backend: "redis", url: queueUrl ?? redisUrl };
    if (queueUrl !== null) return { backend: "postgres", connectionString: queueUrl, schema: SCHEMA };
    const url = new URL(this.config.databaseUrl);
    url.username = ROLE;
    url.password = await this.password();
    return { backend: "postgres", connectionString: url.toString(), schema: SCHEMA };
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
    await this.database.query(
      "INSERT INTO setting (key, value) VALUES ($1, to_jsonb($2::text)) ON CONFLICT (key) DO NOTHING",
      [PASSWORD_KEY, this.ids.secret()],
    );
    const [row] = await this.database.query<{ value: string }>("SELECT value FROM setting WHERE key = $1", [
      PASSWORD_KEY,
    ]);
    const { value } = row!;
    if (!/^[\w-]+$/.test(value)) throw new Error("the queue role's password is not one of ours");
    return value;
  }
}
