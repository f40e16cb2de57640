import { Module } from "@nestjs/common";
import { RunsModule } from "../runs/runs.module";
import { Summariser } from "./summariser";

@Module({ imports: [RunsModule], providers: [Summariser], exports: [Summariser] })
export class ResultsModule {}
