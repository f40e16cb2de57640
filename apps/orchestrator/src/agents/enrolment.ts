/** A host joins with a one-time token and gets a credential of its own; enrolling again replaces the credential. */
import { type EnrollAnswer, type EnrollRequest, wireRefusal } from "@assay/protocol";
import { Injectable } from "@nestjs/common";
import { newToken } from "../platform/admin-token";
import { Clock } from "../platform/clock";
import { Database } from "../platform/database";
import { EnrollmentRepository } from "../platform/enrollment-repository";
import { Ids } from "../platform/ids";
import { problem } from "../platform/problem";
import { hashOfToken } from "../platform/token-repository";
import { QueueAccounts } from "./queue-access";

@Injectable()
export class Enrolment {
  constructor(
    private readonly database: Database,
    private readonly enrollments: EnrollmentRepository,
    private readonly queues: QueueAccounts,
    private readonly ids: Ids,
    private readonly clock: Clock,
  ) {}

  /** @throws Problem 409 on another wire version, 401 when the token is not for this host, used or too old. */
  async enroll({ wireVersion, token, hostName }: EnrollRequest): Promise<EnrollAnswer> {
    const refusal = wireRefusal(wireVersion);
    if (refusal !== null) throw problem("wire-version", refusal);
    const at = this.clock.now();
    const credential = newToken("agent", this.ids);
    const answer = await this.database.transaction(async (transaction) => {
      if (!(await this.enrollments.use(transaction, hostName, token, at))) {
        throw problem(
          "invalid-enrollment",
          `the token is not for host ${hostName}, was used before or is too old; ask for a new one`,
        );
      }
      const id = this.ids.uuid();
      const [host] = await transaction.query<{ id: string; queueName: string }>(
        `INSERT INTO host (id, name, queue_name, created_at, wire_version) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (name) DO UPDATE SET wire_version = EXCLUDED.wire_version RETURNING id, queue_name AS "queueName"`,
        [id, hostName, `host-${id}`, at, wireVersion],
      );
      const { id: hostId, queueName } = host!;
      await transaction.query(
        "UPDATE token SET revoked_at = $2, revoked_by = 'enrolment' WHERE host_id = $1 AND revoked_at IS NULL",
        [hostId, at],
      );
      await transaction.query(
        "INSERT INTO token (name, role, hash, host_id, created_at, created_by) VALUES ($1, 'agent', $2, $3, $4, 'enrolment')",
        [`agent of ${hostName}`, hashOfToken(credential), hostId, at],
      );
      return { hostId, credential, queueName };
    });
    return { ...answer, queue: await this.queues.access(answer.queueName) };
  }
}
