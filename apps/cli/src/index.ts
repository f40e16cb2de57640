/** What other programs use of the command line: the API client and its tables. */
export { type Address, type Api, answer, connect } from "./api/connection";
export { readEventStream } from "./api/event-stream";
export { takeItems } from "./api/pages";
export { ServerRefused, ServerUnreachable } from "./api/server-errors";
export type * from "./api/shapes";
export { type Column, renderFacts, renderTable } from "./output/table";
export { describeCommand } from "./show/describe-command";
