/** Admin commands (B032 to B062). */
import { expectStatus } from "../../src";
import { behaviour } from "./behaviour";

behaviour("B037", "an unknown admin opcode ends with 00/01", {}, async ({ controller }) => {
  expectStatus(await controller.admin({ opcode: 0xff }), 0, 0x01);
});

behaviour("B038", "Get Features with fid 0 ends with 00/02", {}, async ({ controller }) => {
  expectStatus(await controller.admin({ opcode: 0x0a }), 0, 0x02);
});
