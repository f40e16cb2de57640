/** How the agent comes by its credential, and where it keeps it. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { type EnrollAnswer, enrollAnswerSchema } from "@assay/protocol";
import { z } from "zod";
import { writeDurably } from "../platform/durable-file";
import { StartError } from "../platform/start-error";

const membershipSchema = enrollAnswerSchema.extend({
  hostName: z.string(),
  /** SHA-256 of the token that was used: a new token in the file means a new enrolment. */
  tokenHash: z.string(),
});
export type Membership = z.infer<typeof membershipSchema>;

export type EnrolmentNeed =
  | { kind: "keep"; membership: Membership }
  | { kind: "enrol"; token: string; tokenHash: string };

/** What is to be done. Pure. @throws StartError when there is neither a credential nor a token */
export function decideEnrolment(stored: Membership | null, token: string | null, hostName: string): EnrolmentNeed {
  const tokenHash = token === null ? null : createHash("sha256").update(token).digest("hex");
  if (stored !== null && stored.hostName !== hostName && (tokenHash === null || tokenHash === stored.tokenHash))
    throw new StartError(
      `this folder belongs to host "${stored.hostName}" and the host file says "${hostName}": enrol again with a new token`,
    );
  if (stored !== null && (tokenHash === null || tokenHash === stored.tokenHash))
    return { kind: "keep", membership: stored };
  if (token !== null && tokenHash !== null) return { kind: "enrol", token, tokenHash };
  throw new StartError(
    "this agent is not enrolled: make a token with `assay agent enroll` and name its file in ASSAY_ENROLL_TOKEN_FILE",
  );
}

/** null when the agent was never enrolled. @throws StartError when the file is damaged */
export function readMembership(file: string): Membership | null {
  let content: string;
  try {
    content = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw new StartError(`${file} cannot be read: ${(error as Error).message}`);
  }
  try {
    return membershipSchema.parse(JSON.parse(content));
  } catch {
    throw new StartError(`${file} is damaged: remove it and enrol again with a new token`);
  }
}

/** null when no file is named or it is not there (a token may be removed once it was used). */
export function readToken(file: string | null): string | null {
  if (file === null) return null;
  try {
    const token = readFileSync(file, "utf8").trim();
    return token === "" ? null : token;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw new StartError(`the token file ${file} cannot be read: ${(error as Error).message}`);
  }
}

export function keepMembership(
  file: string,
  answer: EnrollAnswer,
  extra: Omit<Membership, keyof EnrollAnswer>,
): Membership {
  const membership: Membership = { ...answer, ...extra };
  writeDurably(file, JSON.stringify(membership, null, 2), 0o600);
  return membership;
}
