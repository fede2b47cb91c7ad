/**
 * What a task tells that people will read, without the secrets that its log hides: rendered fields, and the words of its
 * end, which go on to pages, callbacks and lineage. The values that it returns stay as they are: other tasks take them.
 */
import type { SecretMasker } from "../../logs/secret-masker.ts";
import type { ChildRequest, TaskResult } from "../../runtime/protocol.ts";

export function hideInRequest(request: ChildRequest, masker: SecretMasker): ChildRequest {
  if (request.method !== "rendered-fields.set") return request;
  const { fields, mapIndexLabel } = request.params;
  const label = mapIndexLabel === undefined ? {} : { mapIndexLabel: masker.mask(mapIndexLabel) };
  return { ...request, params: { fields: masker.maskFields(fields), ...label } };
}

export function hideInResult(result: TaskResult, masker: SecretMasker): TaskResult {
  if (result.outcome === "skipped") return { ...result, message: masker.mask(result.message) };
  if (result.outcome !== "failed") return result;
  const hide = <E extends { message: string; stack?: string }>(error: E): E => ({
    ...error,
    message: masker.mask(error.message),
    ...(error.stack === undefined ? {} : { stack: masker.mask(error.stack) }),
  });
  return { ...result, error: { ...hide(result.error), causes: result.error.causes.map(hide) } };
}
