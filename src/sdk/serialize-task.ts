/** One task as data. */
import type { AssetExpression, Json, TaskSpec } from "../core/dag-model.ts";
import { TradewindError } from "../errors.ts";
import { type AssetLike, assetExpression, isAssetLike } from "./assets.ts";
import type { PythonCall, TaskNode } from "./dag-state.ts";
import { taskCallbacks } from "./definition.ts";
import { toSeconds } from "./duration.ts";
import { given } from "./given.ts";
import { isoInstant } from "./iso-instant.ts";
import { sensorSettings } from "./operator.ts";
import { isPlainObject, show } from "./options.ts";
import { paramSpecs } from "./params.ts";
import type { ResolvedEdges } from "./resolve-edges.ts";
import { type FunctionRegistry, inputSpecs, mapSpec } from "./resolve-values.ts";
import { cacheSpec } from "./step-cache.ts";
import type { TaskOptions } from "./task-options.ts";

export interface TaskSurroundings {
  readonly edges: ResolvedEdges;
  readonly registry: FunctionRegistry;
  readonly timezone: string;
  readonly position: ReadonlyMap<TaskNode, number>;
}

export function taskSpec(node: TaskNode, options: TaskOptions, around: TaskSurroundings): TaskSpec {
  const { placement } = node;
  const upstream = [...(around.edges.upstream.get(node) ?? [])];
  upstream.sort((a, b) => (around.position.get(a) ?? 0) - (around.position.get(b) ?? 0));
  const mapped = placement?.mapped;
  return {
    taskId: node.taskId,
    operator: operatorName(node),
    label: node.label,
    groupId: node.group?.groupId ?? null,
    upstream: upstream.map((task) => task.taskId),
    triggerRule: options.triggerRule ?? (node.isTeardown ? "all_done_setup_success" : "all_success"),
    isSetup: node.isSetup,
    isTeardown: node.isTeardown,
    onFailureFailDagrun: node.onFailureFailDagrun,
    empty: isEmpty(node, options),
    branch: isBranch(node),
    ...given("mapped", mapped && mapSpec(mapped, around.registry)),
    ...given("mapIndexTemplate", options.mapIndexTemplate),
    ...scheduling(options, around.timezone),
    ...contact(options),
    ...given("cache", cacheSpec(options.cache, handlerText(node))),
    doXcomPush: options.doXcomPush ?? true,
    multipleOutputs: options.multipleOutputs ?? false,
    inputs: inputSpecs(placement?.inputs ?? {}, around.registry),
    params: paramSpecs(options.params, `task "${node.taskId}"`),
    inlets: assetExpressions(node, "inlets", options.inlets),
    outlets: assetExpressions(node, "outlets", options.outlets),
    callbacks: callbackNames(options),
    ...processSettings(options),
    ...operatorParts(node),
    ...given("renderTemplateAsNativeObj", options.renderTemplateAsNativeObj),
    ...given("docMd", docOf(options)),
    ...given("uiColor", options.uiColor ?? definitionOf(node)?.uiColor),
    ...given("uiFgcolor", options.uiFgcolor ?? definitionOf(node)?.uiFgcolor),
    ...given("line", node.at?.line),
  };
}

function handlerText({ body }: TaskNode): string {
  return body.kind === "function" ? body.handler.toString() : body.content.definition.name;
}

function scheduling(options: TaskOptions, timezone: string) {
  const backoff = options.retryExponentialBackoff ?? 0;
  return {
    retries: options.retries ?? 0,
    retryDelay: toSeconds(options.retryDelay ?? 300),
    retryExponentialBackoff: typeof backoff === "number" ? backoff : backoff ? 2 : 0,
    ...given(
      "maxRetryDelay",
      options.maxRetryDelay === undefined ? undefined : toSeconds(options.maxRetryDelay),
    ),
    ...given(
      "executionTimeout",
      options.executionTimeout === undefined ? undefined : toSeconds(options.executionTimeout),
    ),
    // Airflow: waiting for the past's downstream is waiting for the past too.
    dependsOnPast: (options.dependsOnPast ?? false) || (options.waitForDownstream ?? false),
    ignoreFirstDependsOnPast: options.ignoreFirstDependsOnPast ?? false,
    waitForDownstream: options.waitForDownstream ?? false,
    waitForPastDependsBeforeSkipping: options.waitForPastDependsBeforeSkipping ?? false,
    priorityWeight: options.priorityWeight ?? 1,
    weightRule: options.weightRule ?? ("downstream" as const),
    pool: options.pool ?? "default_pool",
    poolSlots: options.poolSlots ?? 1,
    queue: options.queue ?? "default",
    ...given("executor", options.executor),
    ...given("resources", options.resources && (shownOption(options.resources) as Json)),
    ...given("executorConfig", options.executorConfig && (shownOption(options.executorConfig) as Json)),
    ...given("maxActiveTisPerDag", options.maxActiveTisPerDag),
    ...given("maxActiveTisPerDagrun", options.maxActiveTisPerDagrun),
    ...given(
      "startDate",
      options.startDate === undefined ? undefined : isoInstant(options.startDate, timezone),
    ),
    ...given("endDate", options.endDate === undefined ? undefined : isoInstant(options.endDate, timezone)),
  };
}

function contact(options: TaskOptions) {
  const email =
    options.email === undefined ? undefined : [options.email].flat().flatMap((text) => text.split(/[,;]\s*/));
  return {
    owner: options.owner ?? "airflow",
    ...given("loggerName", options.loggerName),
    ...given("email", email),
    emailOnFailure: options.emailOnFailure ?? true,
    emailOnRetry: options.emailOnRetry ?? true,
  };
}

function processSettings(options: TaskOptions) {
  return {
    isolation: options.isolation ?? ("warm" as const),
    ...given("memoryLimitMb", options.memoryLimitMb),
    ...given("runAsUser", options.runAsUser),
    ...given("env", options.env && { ...options.env }),
    ...given("cwd", options.cwd),
  };
}

function definitionOf(node: TaskNode) {
  return node.body.kind === "operator" ? node.body.content.definition : undefined;
}

function operatorParts(
  node: TaskNode,
): Pick<TaskSpec, "options" | "templateFields" | "sensor" | "dagDependency" | "call"> {
  if (node.body.kind === "function") {
    const { flavour } = node.body;
    if (flavour.kind === "python") return pythonParts(flavour.call);
    if (flavour.kind !== "sensor") return { options: {}, templateFields: [] };
    const { mode, pokeInterval, timeout, softFail } = sensorSettings(flavour.options);
    return { options: {}, templateFields: [], sensor: { mode, pokeInterval, timeout, softFail } };
  }
  const { definition, own, sensor, mapped } = node.body.content;
  const literal = Object.entries(own).filter(([name]) => !Object.hasOwn(node.placement?.inputs ?? {}, name));
  const options = Object.fromEntries(
    literal.flatMap(([name, value]) => {
      const shown = shownOption(value);
      return shown === undefined ? [] : [[name, shown] as const];
    }),
  );
  const dependency = mapped === undefined ? definition.dagDependency?.(own) : undefined;
  return {
    options,
    templateFields: [...(definition.templateFields ?? [])],
    ...given("sensor", sensor),
    ...given("dagDependency", dependency),
  };
}

function pythonParts(call: PythonCall): Pick<TaskSpec, "options" | "templateFields" | "call"> {
  const { file, argv, environment } = call;
  return {
    options: {
      file,
      ...given("function", call.function ?? undefined),
      ...(argv.length === 0 ? {} : { argv: [...argv] }),
      ...environment,
    } as TaskSpec["options"],
    templateFields: [],
    call: { language: "python", file, ...given("function", call.function ?? undefined) },
  };
}

/** An option as pages show it; undefined leaves it out. */
function shownOption(value: unknown): Json | undefined {
  if (value === undefined || value === null) return value as null | undefined;
  if (typeof value === "function") return `<function ${value.name || "anonymous"}>`;
  if (value instanceof Date) return value.toISOString();
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  if (Array.isArray(value)) return value.map((item) => shownOption(item) ?? null);
  if (!isPlainObject(value)) return show(value);
  const entries = Object.entries(value).flatMap(([name, item]) => {
    const shown = shownOption(item);
    return shown === undefined ? [] : [[name, shown] as const];
  });
  return Object.fromEntries(entries);
}

function operatorName(node: TaskNode): string {
  if (node.body.kind === "operator") return node.body.content.definition.name;
  switch (node.body.flavour.kind) {
    case "task":
      return "@task";
    case "branch":
      return "@task.branch";
    case "short-circuit":
      return "@task.short_circuit";
    case "sensor":
      return "@task.sensor";
    case "python":
      return "PythonOperator";
  }
}

function isBranch(node: TaskNode): boolean {
  if (node.decision !== null) return true;
  if (node.body.kind === "operator") return node.body.content.definition.branch === true;
  return node.body.flavour.kind === "branch" || node.body.flavour.kind === "short-circuit";
}

/** Airflow: an EmptyOperator runs after all when something would not happen otherwise. */
function isEmpty(node: TaskNode, options: TaskOptions): boolean {
  if (definitionOf(node)?.empty !== true) return false;
  const { execute, success } = taskCallbacks(options);
  const hooks = options.preExecute !== undefined || options.postExecute !== undefined;
  const assets = [options.inlets, options.outlets].some((list) =>
    [list].flat().some((item) => item !== undefined),
  );
  return execute.length === 0 && success.length === 0 && !hooks && !assets;
}

function callbackNames(options: TaskOptions): TaskSpec["callbacks"] {
  const callbacks = taskCallbacks(options);
  return (["execute", "success", "failure", "retry", "skipped"] as const).filter(
    (name) => callbacks[name].length > 0,
  );
}

function docOf({ docMd, doc, docJson, docYaml, docRst }: TaskOptions): string | undefined {
  if (docMd !== undefined || doc !== undefined) return docMd ?? doc;
  for (const [language, text] of [
    ["json", docJson],
    ["yaml", docYaml],
    ["rst", docRst],
  ] as const) {
    if (text !== undefined) return `\`\`\`${language}\n${text}\n\`\`\``;
  }
  return undefined;
}

/** The task's own options over those of its groups, inner over outer, over those of its Dag. */
export function mergedOptions(node: TaskNode): TaskOptions {
  const layers: TaskOptions[] = [node.options];
  for (let group = node.group; group !== null; group = group.parent)
    layers.unshift(group.options.defaultArgs ?? {});
  const { queue, defaultArgs = {} } = node.dag.options;
  // The params of defaultArgs are the Dag's, as in Airflow.
  const { params: _, ...rest } = defaultArgs;
  return Object.assign({}, given("queue", queue), rest, ...layers) as TaskOptions;
}

function assetExpressions(node: TaskNode, what: string, list: TaskOptions["inlets"]): AssetExpression[] {
  return assetList(list).map((asset) => {
    if (isAssetLike(asset)) return assetExpression(asset);
    throw new TradewindError(
      "TW_ASSET_INVALID",
      `\`${what}\` of task "${node.taskId}" takes assets, not ${show(asset)}`,
      {
        at: node.at,
      },
    );
  });
}

export function assetList(list: TaskOptions["inlets"]): readonly AssetLike[] {
  return list === undefined ? [] : ([list].flat() as AssetLike[]);
}
