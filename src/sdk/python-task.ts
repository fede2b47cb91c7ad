/** What `dag.python` was given: which function of which file, in which environment. */
import { TradewindError } from "../errors.ts";
import { callSite } from "./call-site.ts";
import type { PythonCall } from "./dag-state.ts";
import { checkOptions, option, show } from "./options.ts";
import type { TaskOptions } from "./task-options.ts";

export interface PythonTaskOptions extends TaskOptions {
  /** Interpreter: a path, the folder of a virtual environment, a name, or a version. Default: that of the service. */
  readonly python?: string;
  /** Requirements that are installed once into an environment of the function's own. */
  readonly requirements?: readonly string[];
  readonly indexUrls?: readonly string[];
  readonly pipOptions?: readonly string[];
  readonly systemSitePackages?: boolean;
  /** Arguments of a script; they are templates. */
  readonly argv?: readonly string[];
}

const rules = {
  python: option.nonEmpty(),
  requirements: option.that("an array of texts", isTexts),
  indexUrls: option.that("an array of texts", isTexts),
  pipOptions: option.that("an array of texts", isTexts),
  systemSitePackages: option.boolean(),
  argv: option.that("an array of texts", isTexts),
};

const target = /^(?<file>[^:]+\.py)(?::(?<name>[\p{L}_][\p{L}\p{N}_]*))?$/u;

/** @throws TradewindError TW_HANDLER_INVALID for a target that names no file, TW_OPTION_INVALID for the options. */
export function pythonTask(
  given: unknown,
  options: PythonTaskOptions,
): { call: PythonCall; rest: TaskOptions; name: string } {
  const found = typeof given === "string" ? target.exec(given)?.groups : undefined;
  const file = found?.["file"];
  if (file === undefined)
    throw new TradewindError(
      "TW_HANDLER_INVALID",
      `dag.python() takes "file.py:function" or "script.py", not ${show(given)}`,
      { at: callSite() },
    );
  const { python, requirements, indexUrls, pipOptions, systemSitePackages, argv, ...rest } = options;
  const own = { python, requirements, indexUrls, pipOptions, systemSitePackages, argv };
  checkOptions(own, rules, { owner: `dag.python("${String(given)}")`, at: callSite() });
  const environment = {
    ...(python === undefined ? {} : { python }),
    ...(requirements === undefined ? {} : { requirements: [...requirements] }),
    ...(indexUrls === undefined ? {} : { index_urls: [...indexUrls] }),
    ...(pipOptions === undefined ? {} : { pip_options: [...pipOptions] }),
    ...(systemSitePackages === undefined ? {} : { system_site_packages: systemSitePackages }),
  };
  const name = found?.["name"];
  const call = { file, function: name ?? null, argv: argv ?? [], environment };
  return { call, rest, name: name ?? (file.split("/").at(-1) ?? file).slice(0, -".py".length) };
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}
