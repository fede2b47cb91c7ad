/** Who looks at the page, and what they may do: known before anything is drawn, so told to anybody. */
import { findUser } from "../../store/users.ts";
import { version } from "../../version.ts";
import type { ApiApp } from "../app.ts";
import type { Principal } from "../auth/principal.ts";
import { actions, resources } from "../auth/roles.ts";
import { csrfToken } from "../auth/session-cookie.ts";
import type { ApiParts } from "../parts.ts";
import { pathPrefix } from "../public-address.ts";
import type * as page from "./contract.ts";

export function registerPageSession(app: ApiApp, parts: ApiParts): void {
  app.get("/ui/session", { config: { access: "public" } }, ({ user }) => sessionOf(parts, user));
}

/** The document carries it, too. */
export async function sessionOf(parts: ApiParts, user: Principal): Promise<page.Session> {
  const { issuer, name } = parts.config.oidc;
  const person = user.id === null ? null : await findUser(parts.database, user.username);
  return {
    user:
      person === null
        ? null
        : {
            username: person.username,
            roles: [...user.roles],
            firstName: person.firstName,
            lastName: person.lastName,
          },
    permissions: permissionsOf(user),
    csrfToken: user.by.kind === "session" ? csrfToken(parts, user.by.secret) : null,
    version,
    instanceName: "Tradewind",
    openId: issuer === "" ? null : { name, url: `${pathPrefix(parts.config)}/auth/oidc/login` },
  };
}

/** What may be done with something, everywhere or on some Dag; the rest is not named. */
function permissionsOf({ permissions }: Principal): page.Session["permissions"] {
  return Object.fromEntries(
    resources
      .map(
        (resource) =>
          [resource, actions.filter((action) => permissions.dagIds(action, resource)?.length !== 0)] as const,
      )
      .filter(([, may]) => may.length > 0)
      .map(([resource, may]) => [resource, [...may]]),
  );
}
