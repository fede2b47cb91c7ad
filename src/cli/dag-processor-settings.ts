/** What reads Dag files takes from the configuration, whoever lets it read. */
import type { Config } from "../config.ts";
import type { DagProcessorOptions } from "../dag-processor/dag-processor.ts";
import type { IgnoreSyntax } from "../dag-processor/ignore-rules.ts";
import { pythonSideSettings } from "../executor/from-config.ts";
import { systemClock } from "../time.ts";

type Answer = NonNullable<DagProcessorOptions["python"]>["answer"];

/** @param answer of what a file asks for while it is imported: variables, connections */
export function dagProcessorSettings(config: Config, answer: Answer) {
  const { core, dagProcessor, environment, paths, python } = config;
  return {
    versionsFolder: paths.versions,
    clock: systemClock,
    environment,
    importTimeout: core.dagImportTimeout,
    pollSeconds: dagProcessor.pollSeconds,
    idleSeconds: dagProcessor.idleSeconds,
    filesPerChild: dagProcessor.filesPerChild,
    parallelism: dagProcessor.parallelism,
    ignoreSyntax: dagProcessor.ignoreFileSyntax as IgnoreSyntax,
    python: {
      ...pythonSideSettings(config),
      interpreter: python.interpreter,
      idleSeconds: python.idleSeconds,
      answer,
    },
  };
}
