import { Module } from "@nestjs/common";
import { IngestController } from "./ingest.controller";
import { IngestService } from "./ingest.service";
import { PartitionKeeper } from "./partition-keeper";

@Module({ controllers: [IngestController], providers: [IngestService, PartitionKeeper] })
export class IngestModule {}
