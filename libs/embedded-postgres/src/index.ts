export { PostgresFailure } from "./failure";
export { type EmbeddedPostgres, type StartOptions, startPostgres } from "./start";
