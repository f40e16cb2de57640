import { Module } from "@nestjs/common";
import { FleetGauges } from "./fleet-gauges";
import { HostRuns } from "./host-runs";
import { RunStreamController } from "./run-stream.controller";
import { RunsController } from "./runs.controller";
import { RunsRepository } from "./runs.repository";
import { RunsService } from "./runs.service";

@Module({
  controllers: [RunsController, RunStreamController],
  providers: [FleetGauges, HostRuns, RunsRepository, RunsService],
  exports: [HostRuns, RunsRepository, RunsService],
})
export class RunsModule {}
