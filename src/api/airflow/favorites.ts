/** Dags that the user marked. */
import { z } from "zod";
import { listFavorites, setFavorite } from "../../store/favorites.ts";
import type { ApiApp } from "../app.ts";
import { can } from "../auth/access.ts";
import type { Principal } from "../auth/principal.ts";
import { HttpProblem } from "../http-problem.ts";
import type { AirflowContext } from "./context.ts";
import { knownDag } from "./dags.ts";
import { DagPath } from "./scope.ts";

export function registerFavorites(app: ApiApp, context: AirflowContext): void {
  const { database } = context;
  const common = { tags: ["DAG"], params: DagPath, response: { 204: z.void() } };
  app.post(
    "/dags/:dag_id/favorite",
    { config: { access: can("read", "DAGs") }, schema: { ...common, operationId: "favorite_dag" } },
    async ({ params, user }, reply) => {
      await known(context, params.dag_id);
      await setFavorite(database, idOf(user), params.dag_id, true);
      reply.code(204);
    },
  );
  app.post(
    "/dags/:dag_id/unfavorite",
    { config: { access: can("read", "DAGs") }, schema: { ...common, operationId: "unfavorite_dag" } },
    async ({ params, user }, reply) => {
      await known(context, params.dag_id);
      if (!(await listFavorites(database, idOf(user))).includes(params.dag_id))
        throw new HttpProblem(409, "Dag is not marked as favorite");
      await setFavorite(database, idOf(user), params.dag_id, false);
      reply.code(204);
    },
  );
}

const known = (context: AirflowContext, dagId: string) =>
  knownDag(context, dagId, `Dag with id '${dagId}' not found`);

function idOf(user: Principal): number {
  if (user.id === null) throw new HttpProblem(401, "Not authenticated");
  return user.id;
}
