import { Module } from "@nestjs/common";
import { DutHolds } from "./dut-holds";
import { DutsController } from "./duts.controller";
import { DutsRepository } from "./duts.repository";
import { HostsController } from "./hosts.controller";
import { HostsRepository } from "./hosts.repository";
import { InventoryBook } from "./inventory-book";
import { PresenceSweeper } from "./presence-sweeper";

@Module({
  controllers: [DutsController, HostsController],
  providers: [DutHolds, DutsRepository, HostsRepository, InventoryBook, PresenceSweeper],
  exports: [InventoryBook],
})
export class FleetModule {}
