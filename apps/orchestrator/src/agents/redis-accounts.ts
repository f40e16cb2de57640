/**
 * Accounts of agents on Redis: one per host, which reaches the keys of that host's queue and nothing else. Redis forgets
 * accounts when it restarts without an ACL file: they are made again wherever they are missing.
 */
import { createHmac } from "node:crypto";
import { Redis } from "ioredis";
import { NotYet, StartRefused } from "../platform/startup";

const CONNECT_WITHIN_MS = 5_000;
const ANSWER_WITHIN_MS = 5_000;
/** Made and deleted at the start, never on. */
const TRIED_ACCOUNT = "assay-start-check";
/** Where BullMQ keeps a queue. */
const keysOf = (queueName: string) => `bull:${queueName}:*`;
/** BullMQ looks at the version of the server; everything else that is dangerous or administrative stays barred. */
const MAY = ["resetchannels", "+@all", "-@admin", "-@dangerous", "+info"];

export class RedisAccounts {
  constructor(
    private readonly url: string,
    /** Of all orchestrators together; the accounts' passwords are made from it. */
    private readonly secret: () => Promise<string>,
  ) {}

  /** The URL of a host's own account. */
  async urlOf(queueName: string): Promise<string> {
    const url = new URL(this.url);
    url.username = queueName;
    url.password = await this.passwordOf(queueName);
    return url.toString();
  }

  /**
   * Makes the accounts that are missing. @throws NotYet while Redis does not answer; StartRefused when it does not let us
   * make accounts. @returns how many were made.
   */
  async ensure(queueNames: readonly string[]): Promise<number> {
    return this.make(queueNames, true);
  }

  /** Makes a host's account anew, whatever was there. @throws as `ensure` */
  async renew(queueName: string): Promise<void> {
    await this.make([queueName], false);
  }

  /** Whether accounts can be made at all, found out before a host needs one. @throws as `ensure` */
  async check(): Promise<void> {
    await this.ask(async (client) => {
      await client.acl("SETUSER", TRIED_ACCOUNT, "reset", "off");
      await client.acl("DELUSER", TRIED_ACCOUNT);
    });
  }

  private make(queueNames: readonly string[], onlyMissing: boolean): Promise<number> {
    return this.ask(async (client) => {
      const known = new Set(onlyMissing ? ((await client.acl("USERS")) as string[]) : []);
      const wanted = queueNames.filter((name) => !known.has(name));
      for (const name of wanted) {
        const password = `>${await this.passwordOf(name)}`;
        await client.acl("SETUSER", name, "reset", "on", password, `~${keysOf(name)}`, ...MAY);
      }
      return wanted.length;
    });
  }

  private async ask<T>(work: (client: Redis) => Promise<T>): Promise<T> {
    const client = new Redis(this.url, {
      ...{ lazyConnect: true, retryStrategy: () => null, enableOfflineQueue: false, maxRetriesPerRequest: 0 },
      ...{ connectTimeout: CONNECT_WITHIN_MS, commandTimeout: ANSWER_WITHIN_MS },
    });
    client.on("error", () => {});
    try {
      await client.connect();
      return await work(client);
    } catch (error) {
      throw whyNot(error as Error);
    } finally {
      client.disconnect();
    }
  }

  private async passwordOf(queueName: string): Promise<string> {
    return createHmac("sha256", await this.secret())
      .update(queueName)
      .digest("hex");
  }
}

/** What Redis answers is final, what keeps it from answering may pass. */
function whyNot(error: Error): Error {
  if (!/^(NOPERM|ERR)\b/.test(error.message)) return new NotYet(`Redis: ${error.message}`);
  return new StartRefused(
    `Redis does not let the account of REDIS_URL make restricted accounts for agents (${error.message}); agents must not get that account: ` +
      "allow it ACL SETUSER and ACL USERS (Redis 6.2 or newer), or set ASSAY_QUEUE_URL to an account that reaches only the keys bull:host-*",
  );
}
