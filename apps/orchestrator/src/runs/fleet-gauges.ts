/** How the fleet stands, for Prometheus: counted when somebody asks. While the database is away nothing is told of it. */
import { Injectable, type OnModuleInit } from "@nestjs/common";
import { Gauge } from "prom-client";
import { Database } from "../platform/database";
import { Metrics } from "../platform/metrics";

interface Count extends Record<string, unknown> {
  label: string;
  count: number;
}

/** One table: name, what it says, its label, and the rows `label, count`. Only what is not finished is counted of runs. */
const GAUGES: { name: string; help: string; label: string; sql: string }[] = [
  {
    name: "assay_runs_open",
    help: "Runs that have no verdict yet",
    label: "state",
    sql: `SELECT state.label, count(run.id)::integer AS count FROM unnest(ARRAY['queued', 'assigned', 'running']) AS state (label)
            LEFT JOIN run ON run.state = state.label::run_state AND run.state <> 'finished' GROUP BY state.label`,
  },
  {
    name: "assay_hosts",
    help: "Hosts as they are seen",
    label: "observed",
    sql: "SELECT observed AS label, count(*)::integer AS count FROM host WHERE intent <> 'retired' GROUP BY observed",
  },
  {
    name: "assay_duts",
    help: "DUTs by what people want of them",
    label: "intent",
    sql: "SELECT intent AS label, count(*)::integer AS count FROM dut GROUP BY intent",
  },
  {
    name: "assay_slots",
    help: "Slots by state",
    label: "state",
    sql: "SELECT state AS label, count(*)::integer AS count FROM slot WHERE removed_at IS NULL GROUP BY state",
  },
];

@Injectable()
export class FleetGauges implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly metrics: Metrics,
  ) {}

  onModuleInit(): void {
    const { database } = this;
    for (const { name, help, label, sql } of GAUGES) {
      new Gauge({
        ...{ name, help, labelNames: [label], registers: [this.metrics.registry] },
        async collect() {
          const rows = await database.query<Count>(sql).catch(() => []);
          this.reset();
          for (const row of rows) this.set({ [label]: row.label }, row.count);
        },
      });
    }
  }
}
