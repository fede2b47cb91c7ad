/** Which of the kinds that a route has is wanted, by the request's Accept header. */
import type { FastifyRequest } from "fastify";
import { HttpProblem } from "../http-problem.ts";

/** The first kind that the header names, or the route's first where it takes anything. @throws HttpProblem 406. */
export function accepted<Kind extends string>(
  request: FastifyRequest,
  kinds: readonly [Kind, ...Kind[]],
): Kind {
  const wanted = (request.headers.accept ?? "*/*").split(",").map((part) => part.split(";")[0]?.trim() ?? "");
  for (const kind of wanted) {
    const found = kinds.find((own) => own === kind);
    if (found !== undefined) return found;
    if (kind === "*/*" || kind === "application/*" || kind === "") return kinds[0];
  }
  throw new HttpProblem(406, `Only ${kinds.join(" or ")} is supported`);
}
