import { Module } from "@nestjs/common";
import { Catalog } from "./catalog";
import { PlanStore } from "./plan-store";
import { PlansController } from "./plans.controller";

@Module({ controllers: [PlansController], providers: [Catalog, PlanStore] })
export class PlansModule {}
