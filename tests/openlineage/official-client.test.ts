/**
 * Events against OpenLineage's own Python client: its classes are made of the specification, one for each facet. Skipped by
 * name where it is not there: `node scripts/test-clients.mjs` makes its environment.
 */
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { clientsPython } from "../../scripts/test-clients.mjs";
import {
  type DagFacts,
  dagEvent,
  type RunFacts,
  type TaskFacts,
  taskEvent,
} from "../../src/openlineage/events.ts";
import { temporaryFolder } from "../examples/temporary-folder.ts";

const python = clientsPython();
const why = python === null ? " (skipped: no environment with openlineage-python)" : "";

const settings = { namespace: "shop", disableSourceCode: false };
const at = Date.UTC(2026, 0, 2, 3, 4, 5);
const run: RunFacts = {
  dagId: "churn",
  runId: "scheduled__2026-01-02T03:04:05+00:00",
  runType: "scheduled",
  logicalDate: at,
  dataInterval: { start: at - 86_400_000, end: at },
  runAfter: at,
  clearNumber: 0,
  state: "failed",
  startDate: at,
  endDate: at + 5000,
  conf: { a: [1, null] },
};
const dag: DagFacts = {
  dagId: "churn",
  description: "who leaves",
  docMd: "# Churn",
  owners: ["ada", "ben"],
  tags: ["ml", "daily"],
  fileloc: "/dags/churn é.py",
  schedule: "@daily",
  startDate: new Date(at).toISOString(),
  language: "PYTHON",
  taskIds: ["fit"],
};
const task: TaskFacts = {
  taskId: "fit",
  operator: "PythonOperator",
  owner: "ada",
  docMd: null,
  upstream: [],
  downstream: ["deploy"],
  triggerRule: "all_success",
  retries: 2,
  mapped: false,
  groupId: null,
  line: 12,
};
const attempt = {
  tryNumber: 1,
  mapIndex: -1,
  state: "failed",
  startDate: at,
  endDate: at + 1000,
  error: "ValueError: no",
};
const dataset = {
  namespace: "s3://lake",
  name: "rows.parquet",
  version: "abc",
  schema: [{ name: "x", type: "number" }],
};

/** Makes each part of an event with the class that the specification has for it, and back to JSON. */
const script = `
import importlib, json, pkgutil, sys
import attr
from openlineage.client import generated
from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
from openlineage.client.generated.base import RunFacet
from openlineage.client.serde import Serde

classes = {}
for module in pkgutil.iter_modules(generated.__path__):
    for name, found in vars(importlib.import_module(f"{generated.__name__}.{module.name}")).items():
        if isinstance(found, type) and attr.has(found) and name.endswith("Facet"):
            classes[name] = found
inner = {
    "ParentRunFacet": {"run": "parent_run.Run", "job": "parent_run.Job", "root": "parent_run.Root"},
    "OwnershipJobFacet": {"owners": "ownership_job.Owner"},
    "TagsJobFacet": {"tags": "tags_job.TagsJobFacetFields"},
    "SchemaDatasetFacet": {"fields": "schema_dataset.SchemaDatasetFacetFields"},
}

def part(path):
    module, name = path.split(".")
    return getattr(importlib.import_module(f"{generated.__name__}.{module}"), name)

def made(cls, fields, parts):
    known = {field.name for field in attr.fields(cls)}
    unknown = set(fields) - known
    assert not unknown, f"{cls.__name__} has no {unknown}"
    return cls(**{name: deep(value, parts.get(name)) for name, value in fields.items()})

def deep(value, path):
    if path is None:
        return value
    if isinstance(value, list):
        return [deep(one, path) for one in value]
    parts = {"run": "parent_run.RootRun", "job": "parent_run.RootJob"} if path.endswith("Root") else {}
    return made(part(path), value, parts)

seen = set()
def facets(given):
    result = {}
    for name, value in given.items():
        fields = dict(value)
        producer, schema = fields.pop("_producer"), fields.pop("_schemaURL")
        kind = schema.split("/")[-1]
        if kind == "RunFacet":
            # Of Airflow's own: nothing but what every facet has is specified.
            result[name] = value
            continue
        cls = classes[kind]
        ours, theirs = (url.split("/spec/facets/")[1].split("/")[0] for url in (schema, cls._get_schema()))
        assert ours.split("-")[0] == theirs.split("-")[0], f"{kind}: {ours} is not of the major version of {theirs}"
        made(cls, fields, inner.get(kind, {}))
        seen.add(kind)
        result[name] = value
    return result

for event in json.load(open(sys.argv[1])):
    facets(event["run"]["facets"]); facets(event["job"]["facets"])
    sets = {side: [cls(namespace=one["namespace"], name=one["name"], facets={}) for one in event[side] if facets(one["facets"]) is not None]
            for side, cls in (("inputs", InputDataset), ("outputs", OutputDataset))}
    official = RunEvent(
        eventType=RunState[event["eventType"]], eventTime=event["eventTime"], producer=event["producer"],
        run=Run(runId=event["run"]["runId"], facets={}), job=Job(namespace=event["job"]["namespace"], name=event["job"]["name"], facets={}), **sets)
    back = json.loads(Serde.to_json(official))
    for name in ("eventType", "eventTime", "producer", "schemaURL"):
        assert back[name] == event[name], f"{name}: {back[name]} and {event[name]}"
print(json.dumps(sorted(seen)))
`;

it.skipIf(python === null)(
  `its classes take every facet of every event, with no field too few or too many${why}`,
  { timeout: 60_000 },
  async () => {
    const parts = { run, dag, task, attempt, inputs: [dataset], outputs: [dataset] };
    const events = [
      dagEvent("START", settings, run, dag, null),
      dagEvent("FAIL", settings, run, dag, { fit: "failed" }),
      taskEvent("START", settings, parts),
      taskEvent("COMPLETE", settings, { ...parts, attempt: { ...attempt, state: "success", error: null } }),
      taskEvent("FAIL", settings, parts),
    ];
    const path = join(await temporaryFolder(), "events.json");
    await writeFile(path, JSON.stringify(events));
    const { stdout } = await promisify(execFile)(python ?? "", ["-c", script, path]);
    expect(JSON.parse(stdout)).toEqual([
      "DatasetVersionDatasetFacet",
      "DocumentationJobFacet",
      "ErrorMessageRunFacet",
      "JobTypeJobFacet",
      "NominalTimeRunFacet",
      "OwnershipJobFacet",
      "ParentRunFacet",
      "ProcessingEngineRunFacet",
      "SchemaDatasetFacet",
      "SourceCodeLocationJobFacet",
      "TagsJobFacet",
    ]);
  },
);
