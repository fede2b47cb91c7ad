/**
 * Tells the server what a check of a task found. The check stands by itself: where there is no server, or it does not
 * take the report, the log says so and the task goes on.
 */
import { TradewindError } from "../../errors.ts";
import { getContext } from "../../sdk/context.ts";
import type { DriftReport } from "../drift/drift.ts";
import { recordLineage } from "../lineage/record.ts";
import { TrackingClient } from "../tracking/client.ts";
import { isTracked } from "../tracking/environment.ts";
import type { ValidationReport } from "./suite.ts";

/** What a check is about, besides its name. Reports of one name and data set are one series on the page. */
export interface CheckSubject {
  /** Name of the data, or of its asset. */
  readonly dataset?: string;
  readonly modelName?: string;
  readonly modelVersion?: string;
  readonly endpoint?: string;
}

interface Told extends CheckSubject {
  readonly kind: "validation" | "drift" | "performance";
  readonly name: string;
  readonly datasetDigest?: string;
  readonly report: object;
}

/** In the shape of Great Expectations' result, which `POST /api/checks` takes. */
export function validationReport({ results }: ValidationReport): object {
  return {
    results: results.map(({ expectation, success, severity, exception, result }) => ({
      success,
      expectation_config: { type: expectation.type, kwargs: expectation.kwargs, severity },
      exception_info: { raised_exception: exception !== null, exception_message: exception },
      result,
    })),
  };
}

export const driftReport = ({ columns }: DriftReport, driftShare = 0.5): object => ({
  columns,
  drift_share: driftShare,
});

export async function reportCheck({ kind, name, report, ...about }: Told): Promise<void> {
  const { dataset = "", datasetDigest } = about;
  if (dataset !== "" && datasetDigest !== undefined)
    recordLineage({ inputs: [{ kind: "dataset", name: dataset, version: datasetDigest }] });
  if (!isTracked()) return;
  const given = {
    kind,
    name,
    dataset,
    dataset_digest: datasetDigest ?? null,
    model_name: about.modelName ?? null,
    model_version: about.modelVersion ?? null,
    endpoint: about.endpoint ?? null,
    report,
  };
  try {
    await new TrackingClient().request("POST", "/api/checks", given);
  } catch (error) {
    if (!(error instanceof TradewindError)) throw error;
    getContext().logger.warn(`the report of ${name} could not be kept: ${error.message}`);
  }
}
