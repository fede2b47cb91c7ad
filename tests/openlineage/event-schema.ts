/** What the specification of OpenLineage requires of run events and of the facets that are sent. */
import { z } from "zod";

const uri = z.string().regex(/^[a-z][a-z0-9+.-]*:/);
const instant = z.iso.datetime();
const facet = <Shape extends z.ZodRawShape>(name: string, shape: Shape) =>
  z.looseObject({
    _producer: uri,
    _schemaURL: z.string().regex(new RegExp(`^https://openlineage\\.io/spec/.*#/\\$defs/${name}$`)),
    ...shape,
  });
const jobName = z.object({ namespace: z.string().min(1), name: z.string().min(1) });
const runRef = z.object({ runId: z.uuid() });
const named = { run: runRef, job: jobName };

const datasets = z.array(
  z.object({
    namespace: z.string().min(1),
    name: z.string().min(1),
    facets: z.strictObject({
      version: facet("DatasetVersionDatasetFacet", { datasetVersion: z.string() }).optional(),
      schema: facet("SchemaDatasetFacet", {
        fields: z.array(z.object({ name: z.string(), type: z.string() })),
      }).optional(),
    }),
  }),
);

export const RunEventSchema = z.strictObject({
  eventType: z.enum(["START", "COMPLETE", "FAIL"]),
  eventTime: instant,
  producer: uri,
  schemaURL: z.literal("https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"),
  job: z.strictObject({
    ...jobName.shape,
    facets: z.strictObject({
      jobType: facet("JobTypeJobFacet", {
        processingType: z.literal("BATCH"),
        integration: z.literal("AIRFLOW"),
        jobType: z.enum(["DAG", "TASK"]),
      }),
      documentation: facet("DocumentationJobFacet", { description: z.string() }).optional(),
      ownership: facet("OwnershipJobFacet", { owners: z.array(z.object({ name: z.string() })) }).optional(),
      tags: facet("TagsJobFacet", {
        tags: z.array(z.object({ key: z.string(), value: z.string(), source: z.string() })),
      }).optional(),
      sourceCodeLocation: facet("SourceCodeLocationJobFacet", { type: z.string(), url: uri }).optional(),
    }),
  }),
  run: z.strictObject({
    ...runRef.shape,
    facets: z.strictObject({
      nominalTime: facet("NominalTimeRunFacet", {
        nominalStartTime: instant,
        nominalEndTime: instant.optional(),
      }).optional(),
      parent: facet("ParentRunFacet", { ...named, root: z.object(named) }).optional(),
      processing_engine: facet("ProcessingEngineRunFacet", {
        version: z.string(),
        name: z.string(),
        openlineageAdapterVersion: z.string(),
      }),
      errorMessage: facet("ErrorMessageRunFacet", {
        message: z.string(),
        programmingLanguage: z.string(),
      }).optional(),
      airflow: facet("RunFacet", {}).optional(),
      airflowDagRun: facet("RunFacet", {}).optional(),
      airflowState: facet("RunFacet", {}).optional(),
    }),
  }),
  inputs: datasets,
  outputs: datasets,
});

export type CheckedEvent = z.infer<typeof RunEventSchema>;
