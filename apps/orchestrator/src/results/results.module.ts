import { Module } from "@nestjs/common";
import { RunsModule } from "../runs/runs.module";
import { CompareService } from "./compare.service";
import { EvaluationController } from "./evaluation.controller";
import { ExplanationController } from "./explanation.controller";
import { ReportController } from "./report.controller";
import { ResultsController } from "./results.controller";
import { RunResultsController } from "./run-results.controller";
import { RunResults } from "./run-results.service";
import { Summariser } from "./summariser";

@Module({
  imports: [RunsModule],
  controllers: [ResultsController, RunResultsController, ReportController, ExplanationController, EvaluationController],
  providers: [CompareService, RunResults, Summariser],
  exports: [Summariser],
})
export class ResultsModule {}
