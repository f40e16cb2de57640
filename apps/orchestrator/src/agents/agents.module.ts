import { Module } from "@nestjs/common";
import { FleetModule } from "../fleet/fleet.module";
import { RunsModule } from "../runs/runs.module";
import { AgentsController } from "./agents.controller";
import { Enrolment } from "./enrolment";
import { Heartbeats } from "./heartbeats";
import { QueueAccounts } from "./queue-access";

@Module({
  imports: [FleetModule, RunsModule],
  controllers: [AgentsController],
  providers: [Enrolment, Heartbeats, QueueAccounts],
})
export class AgentsModule {}
