import {
  enrollAnswerSchema,
  enrollRequestSchema,
  heartbeatAnswerSchema,
  heartbeatSchema,
  inventorySchema,
  wireRefusal,
} from "@assay/protocol";
import { Body, Controller, HttpCode, Post, Put } from "@nestjs/common";
import { ApiTags } from "@nestjs/swagger";
import { createZodDto, ZodResponse } from "nestjs-zod";
import { z } from "zod";
import { InventoryBook } from "../fleet/inventory-book";
import { AnswersSecret, type Caller, CurrentCaller, EnrollmentTokenOnly, Roles } from "../platform/caller";
import { Doorbells } from "../platform/doorbells";
import { problem } from "../platform/problem";
import { Enrolment } from "./enrolment";
import { Heartbeats } from "./heartbeats";

class EnrollRequestDto extends createZodDto(enrollRequestSchema) {}
class EnrollAnswerDto extends createZodDto(enrollAnswerSchema) {}
class InventoryDto extends createZodDto(inventorySchema) {}
class HeartbeatDto extends createZodDto(heartbeatSchema) {}
class HeartbeatAnswerDto extends createZodDto(heartbeatAnswerSchema) {}
class NothingDto extends createZodDto(z.object({})) {}

/** The agent's side of the house: its host is the one of its credential, whatever it says. */
@ApiTags("agent")
@Controller("api/v1/agent")
export class AgentsController {
  constructor(
    private readonly enrolment: Enrolment,
    private readonly inventory: InventoryBook,
    private readonly heartbeats: Heartbeats,
    private readonly doorbells: Doorbells,
  ) {}

  @Post("enroll")
  @HttpCode(200)
  @EnrollmentTokenOnly()
  @AnswersSecret()
  @ZodResponse({ status: 200, type: EnrollAnswerDto })
  enroll(@Body() request: EnrollRequestDto) {
    return this.enrolment.enroll(request);
  }

  @Put("inventory")
  @Roles("agent")
  @ZodResponse({ status: 200, type: NothingDto })
  async putInventory(@CurrentCaller() caller: Caller, @Body() inventory: InventoryDto) {
    const refusal = wireRefusal(inventory.wireVersion);
    if (refusal !== null) throw problem("wire-version", refusal);
    await this.inventory.take(hostOf(caller), inventory);
    this.doorbells.ring("schedule");
    return {};
  }

  @Post("heartbeat")
  @HttpCode(200)
  @Roles("agent")
  @ZodResponse({ status: 200, type: HeartbeatAnswerDto })
  heartbeat(@CurrentCaller() caller: Caller, @Body() heartbeat: HeartbeatDto) {
    return this.heartbeats.take(hostOf(caller), heartbeat);
  }
}

function hostOf({ hostId, name }: Caller): string {
  if (hostId === null) throw problem("forbidden", `the credential ${name} belongs to no host`);
  return hostId;
}
