import { Module } from "@nestjs/common";
import { Scheduler } from "./scheduler";

@Module({ providers: [Scheduler], exports: [Scheduler] })
export class SchedulingModule {}
