/** Keeps `host.observed` true to the age of the last heartbeat; rings when somebody came or went. */
import { Injectable, type OnModuleDestroy } from "@nestjs/common";
import { Clock } from "../platform/clock";
import { Database } from "../platform/database";
import { Doorbells } from "../platform/doorbells";
import { Log } from "../platform/log";
import { Periodic } from "../platform/periodic";
import { Startup } from "../platform/startup";
import { presenceOf } from "./host-presence";

const EVERY_MS = 2_000;

interface HostRow extends Record<string, unknown> {
  id: string;
  name: string;
  observed: string;
  lastHeartbeatAt: Date | null;
}

@Injectable()
export class PresenceSweeper implements OnModuleDestroy {
  private readonly sweep: Periodic;

  constructor(
    private readonly database: Database,
    private readonly doorbells: Doorbells,
    private readonly clock: Clock,
    private readonly log: Log,
    startup: Startup,
  ) {
    this.sweep = new Periodic("the presence of hosts", EVERY_MS, () => this.once(), log);
    startup.begin("the presence of hosts", async () => this.sweep.start());
  }

  async once(): Promise<void> {
    const rows = await this.database.query<HostRow>(
      `SELECT id, name, observed, last_heartbeat_at AS "lastHeartbeatAt" FROM host WHERE intent <> 'retired'`,
    );
    for (const row of rows) {
      const { observed, reason } = presenceOf(row.lastHeartbeatAt, this.clock.now());
      if (observed === row.observed) continue;
      // A heartbeat that came since is newer than what we have just read.
      await this.database.query(
        `UPDATE host SET observed = $2::host_observed, observed_reason = $3
          WHERE id = $1 AND last_heartbeat_at IS NOT DISTINCT FROM $4`,
        [row.id, observed, reason, row.lastHeartbeatAt],
      );
      this.log.info("host changed", { host: row.name, from: row.observed, to: observed });
      this.doorbells.ring("reconcile");
    }
  }

  async onModuleDestroy(): Promise<void> {
    await this.sweep.stop();
  }
}
