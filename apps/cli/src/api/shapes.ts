/** The answers of the API, by the names that people use for them. All of them come from the server's OpenAPI document. */
import type { paths } from "../generated/api";

type Json<T> = T extends { content: { "application/json": infer Body } } ? Body : never;
type Ok<Operation> = Operation extends { responses: infer R }
  ? R extends { 200: infer T }
    ? Json<T>
    : R extends { 201: infer T }
      ? Json<T>
      : never
  : never;
type Item<Page> = Page extends { items: (infer T)[] } ? T : never;

export type RunItem = Item<Ok<paths["/api/v1/runs"]["get"]>>;
export type Run = Ok<paths["/api/v1/runs/{id}"]["get"]>;
export type Campaign = Ok<paths["/api/v1/campaigns/{id}"]["get"]>;
export type CampaignItem = Item<Ok<paths["/api/v1/campaigns"]["get"]>>;
export type DutItem = Item<Ok<paths["/api/v1/duts"]["get"]>>;
export type Dut = Ok<paths["/api/v1/duts/{dut}"]["get"]>;
export type HostItem = Item<Ok<paths["/api/v1/hosts"]["get"]>>;
export type Host = Ok<paths["/api/v1/hosts/{host}"]["get"]>;
export type PlanItem = Item<Ok<paths["/api/v1/plans"]["get"]>>;
export type TokenItem = Item<Ok<paths["/api/v1/tokens"]["get"]>>;
export type Cmdlog = Ok<paths["/api/v1/runs/{id}/cmdlog"]["get"]>;
export type Latency = Item<Ok<paths["/api/v1/runs/{id}/histograms"]["get"]>>;
export type Explanation = Ok<paths["/api/v1/runs/{id}/explanation"]["get"]>;
