/** The server's answers, as its own sources declare them. */
export type * from "../../../src/api/ui/contract.ts";
