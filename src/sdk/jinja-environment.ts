/** How templates of a Dag are read: the part of `jinja_environment_kwargs` that changes what a template prints. */

export interface JinjaEnvironmentKwargs {
  /** The line break after a `{% … %}` is dropped. Default false. */
  readonly trimBlocks?: boolean;
  /** Blanks before a `{% … %}` that begins its line are dropped. Default false. */
  readonly lstripBlocks?: boolean;
  /** One line break at the end of the text stays. Default false. */
  readonly keepTrailingNewline?: boolean;
  /**
   * What an undefined name does: "strict" fails (Airflow's `template_undefined`, the default); "default" prints
   * nothing, is false in a condition and empty in a loop, as Jinja's `Undefined`.
   */
  readonly undefined?: "strict" | "default";
}

const flags = ["trimBlocks", "lstripBlocks", "keepTrailingNewline"];

export function isJinjaEnvironmentKwargs(value: unknown): value is JinjaEnvironmentKwargs {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.entries(value).every(([name, inner]) =>
    name === "undefined"
      ? inner === "strict" || inner === "default"
      : flags.includes(name) && typeof inner === "boolean",
  );
}
