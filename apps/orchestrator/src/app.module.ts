/** The floors of the orchestrator, lowest first (ARCHITECTURE.md). */
import { type DynamicModule, Module } from "@nestjs/common";
import { AgentsModule } from "./agents/agents.module";
import { CampaignsModule } from "./campaigns/campaigns.module";
import { DispatchModule } from "./dispatch/dispatch.module";
import { FleetModule } from "./fleet/fleet.module";
import { IngestModule } from "./ingest/ingest.module";
import { PlansModule } from "./plans/plans.module";
import { Config } from "./platform/config";
import { configModule } from "./platform/config.module";
import { PlatformModule } from "./platform/platform.module";
import { ResultsModule } from "./results/results.module";
import { RunsModule } from "./runs/runs.module";
import { SchedulingModule } from "./scheduling/scheduling.module";

@Module({})
class AppModule {}

export function appModule(config: Config): DynamicModule {
  return {
    module: AppModule,
    imports: [
      configModule(config),
      PlatformModule,
      FleetModule,
      PlansModule,
      RunsModule,
      CampaignsModule,
      AgentsModule,
      ResultsModule,
      SchedulingModule,
      DispatchModule,
      IngestModule,
    ],
  };
}
