export * from "./agent-api";
export * from "./cmdlog";
export * from "./events";
export * from "./histogram";
export * from "./nvme-names";
export * from "./order";
export * from "./versions";
export * from "./words";
