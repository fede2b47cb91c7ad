/** Params of one attempt: Dag < task < run, each checked by its JSON Schema. */
import type { Json, ParamSpec } from "../core/dag-model.ts";
import { TradewindError } from "../errors.ts";
import type { StandardSchema } from "../sdk/params.ts";
import { resolveParams } from "../sdk/validate-params.ts";

/**
 * @param given values that the run was started with, later ones first to count; they go over the defaults, as
 *   Airflow's `dag_run_conf_overrides_params` does, also those that no param names
 * @throws TW_PARAM_INVALID with the param's name and what is wrong
 */
export async function mergeParams(
  specs: { [name: string]: ParamSpec },
  owner: string,
  schemas: ReadonlyMap<string, StandardSchema>,
  ...given: Json[]
): Promise<{ [name: string]: unknown }> {
  const values: { [name: string]: Json } = {};
  for (const layer of given) {
    if (layer !== null && typeof layer === "object" && !Array.isArray(layer)) Object.assign(values, layer);
  }
  const params: { [name: string]: unknown } = {
    ...values,
    ...(await resolveParams(specs, values, { allowUnknown: true, owner })),
  };
  for (const [name, schema] of schemas) await applySchema(name, schema, params);
  return params;
}

/** Asks the library that the schema came from (Zod and others), which may also convert the value. */
async function applySchema(
  name: string,
  schema: StandardSchema,
  params: { [name: string]: unknown },
): Promise<void> {
  const whole = name === "";
  const answer = (await schema["~standard"].validate(whole ? { ...params } : params[name])) as {
    value?: unknown;
    issues?: readonly { message: string; path?: readonly unknown[] }[];
  };
  if (answer.issues) {
    const [issue] = answer.issues;
    const where = [...(whole ? [] : [name]), ...(issue?.path ?? [])]
      .map((part) => String((part as { key?: unknown }).key ?? part))
      .join(".");
    throw new TradewindError(
      "TW_PARAM_INVALID",
      `param "${where}" does not fit its schema: ${issue?.message ?? "it is refused"}`,
    );
  }
  if (whole) Object.assign(params, answer.value);
  else params[name] = answer.value;
}
