/** Firmware images lie in a folder of the host's own, beside its file; a plan only names one. */
import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { FirmwareImage } from "./firmware-image";
import { PlanMisfit } from "./step-errors";

export const IMAGE_FOLDER = "firmware";
/** Larger ones the driver does not send either. */
const MAX_IMAGE_BYTES = 256 * 1024 * 1024;
const UNIT_BYTES = 4;

/** @param name of a file, without folders. @throws PlanMisfit where it is not there, is no image, or not the one that was meant */
export function readFirmwareImage(hostFile: string, name: string, sha256: string | null): FirmwareImage {
  const file = join(dirname(hostFile), IMAGE_FOLDER, name);
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat === undefined || !stat.isFile())
    throw new PlanMisfit(`the host has no firmware image ${name} (in ${IMAGE_FOLDER} beside its file)`);
  if (stat.size === 0 || stat.size > MAX_IMAGE_BYTES || stat.size % UNIT_BYTES !== 0)
    throw new PlanMisfit(`${name} has ${stat.size} bytes: an image has 4 to ${MAX_IMAGE_BYTES}, a multiple of 4`);
  const bytes = readFileSync(file);
  const found = createHash("sha256").update(bytes).digest("hex");
  if (sha256 !== null && sha256 !== found)
    throw new PlanMisfit(`the host's ${name} has the SHA-256 ${found}, the plan means ${sha256}`);
  return { bytes, sha256: found };
}
