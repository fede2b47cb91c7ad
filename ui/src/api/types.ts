/** The server's answers, as its own sources declare them. */
export type * from "../../../src/api/ui/check-contract.ts";
export type * from "../../../src/api/ui/contract.ts";
export type * from "../../../src/api/ui/look-contract.ts";
export type * from "../../../src/api/ui/partition-contract.ts";
export type * from "../../../src/api/ui/serving-contract.ts";
export type { EndpointVariant, Guardrails } from "../../../src/store/endpoints.ts";
