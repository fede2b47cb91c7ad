/** Endpoints and their changes as answers. */
import type { EndpointChange, EndpointRow } from "../../store/endpoints.ts";

const iso = (ms: number): string => new Date(ms).toISOString();

export function endpointOut(row: EndpointRow) {
  const { name, description, generation, variants, guardrails, requestLog } = row;
  return {
    name,
    description,
    generation,
    variants,
    guardrails,
    request_log: requestLog,
    created_at: iso(row.createdAt),
    updated_at: iso(row.updatedAt),
  };
}

export function changeOut({ generation, changedAt, kind, actor, reason, variants }: EndpointChange) {
  return { generation, changed_at: iso(changedAt), kind, actor, reason, variants };
}
