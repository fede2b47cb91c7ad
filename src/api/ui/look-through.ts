/** Task instances and XComs of all runs. An answer comes soon, with what was found until then. */
import { z } from "zod";
import { isFinished, taskInstanceStates } from "../../core/states.ts";
import { maskedValue } from "../../logs/secret-masker.ts";
import {
  type Found,
  type FoundXCom,
  type Look,
  type LookedTo,
  lookForInstances,
  lookForXComs,
} from "../../store/views/look-through.ts";
import type { ApiApp } from "../app.ts";
import { can, permittedDagIds } from "../auth/access.ts";
import { HttpProblem } from "../http-problem.ts";
import type { ApiParts } from "../parts.ts";
import { isSecretName } from "../secret-names.ts";
import type * as page from "./look-contract.ts";

/** Milliseconds that a date can hold. */
const Instant = z.int().min(-8.64e15).max(8.64e15);

const RunsQuery = z.object({
  dag: z.string().optional(),
  run: z.string().optional(),
  from: Instant.optional(),
  to: Instant.optional(),
  limit: z.int().min(1).max(200).default(50),
  after: z.string().max(4000).optional(),
});
const InstancesQuery = RunsQuery.extend({
  state: z.array(z.enum([...taskInstanceStates, "none"])).optional(),
  task: z.string().optional(),
  operator: z.string().optional(),
  pool: z.string().optional(),
});
const XComsQuery = RunsQuery.extend({ task: z.string().optional(), key: z.string().optional() });

/** An answer is due after this; the window that is being read then is the last. */
const dueAfterMs = 25;
/** Characters of a value that lists show. */
const previewLength = 300;

export function registerLookThrough(app: ApiApp, parts: ApiParts): void {
  const { database } = parts;
  app.get(
    "/ui/task-instances",
    { config: { access: can("read", "Task Instances") }, schema: { querystring: InstancesQuery } },
    async ({ user, query }): Promise<page.InstanceLook> => {
      const permitted = await permittedDagIds(user, "read", "Task Instances");
      const states = query.state ?? null;
      const filter = { ...query, permitted, states, onlyUnfinished: onlyUnderWay(states) };
      return answer(await lookForInstances(database, filter, lookOf(parts, query)));
    },
  );
  app.get(
    "/ui/xcoms",
    { config: { access: can("read", "XComs") }, schema: { querystring: XComsQuery } },
    async ({ user, query }): Promise<page.XComLook> => {
      const permitted = await permittedDagIds(user, "read", "XComs");
      const look = { ...lookOf(parts, query), previewLength };
      const found = await lookForXComs(database, { ...query, permitted }, look);
      return answer({ ...found, rows: found.rows.map((row) => withoutSecret(parts, row)) });
    },
  );
}

function withoutSecret({ config }: ApiParts, row: FoundXCom): FoundXCom {
  return isSecretName(config, row.key) ? { ...row, preview: JSON.stringify(maskedValue), ref: null } : row;
}

/** A run ends when what its tasks do has, so that is in runs under way; one that had to give up leaves tasks without a state. */
function onlyUnderWay(states: z.output<typeof InstancesQuery>["state"] | null): boolean {
  return (
    states != null && states.length > 0 && states.every((state) => state !== "none" && !isFinished(state))
  );
}

function lookOf({ clock }: ApiParts, query: z.output<typeof RunsQuery>): Look {
  const due = clock.now() + dueAfterMs;
  return { after: readPlace(query.after), limit: query.limit, isDue: () => clock.now() >= due };
}

function answer<Row>(found: Found<Row>) {
  return { rows: found.rows, lookedBackTo: found.lookedBackTo, next: writePlace(found.next) };
}

const Text = z.string().regex(/^[^\0]*$/);
const Place = z.union([z.tuple([Instant, z.int()]), z.tuple([Instant, z.int(), Text, z.int32(), Text])]);

function writePlace(place: LookedTo | null): string | null {
  if (place === null) return null;
  const { runAfter, runPk, row } = place;
  const values = row === null ? [runAfter, runPk] : [runAfter, runPk, row.taskId, row.mapIndex, row.key];
  return Buffer.from(JSON.stringify(values)).toString("base64url");
}

/** @throws HttpProblem 400. */
function readPlace(text: string | undefined): LookedTo | null {
  if (text === undefined) return null;
  try {
    const read = Place.parse(JSON.parse(Buffer.from(text, "base64url").toString()));
    const [runAfter, runPk, taskId, mapIndex, key] = read;
    const row = taskId === undefined ? null : { taskId, mapIndex: mapIndex ?? -1, key: key ?? "" };
    return { runAfter, runPk, row };
  } catch {
    throw new HttpProblem(400, "Invalid cursor token");
  }
}
