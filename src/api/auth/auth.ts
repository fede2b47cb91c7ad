/** What signing in works with, made once for a server. */
import type { SignedInUser } from "../../store/sessions.ts";
import type { ApiParts } from "../parts.ts";
import { Passwords } from "./passwords.ts";
import { RoleBook } from "./permissions.ts";
import type { Principal } from "./principal.ts";
import { SignedTokens } from "./signed-tokens.ts";

export class Auth {
  readonly roles: RoleBook;
  readonly passwords: Passwords;
  readonly tokens: SignedTokens;

  constructor({ database, clock, secrets }: ApiParts) {
    this.roles = new RoleBook(database, clock);
    this.passwords = new Passwords(database, clock);
    this.tokens = new SignedTokens(secrets, clock);
  }

  async principal(
    user: SignedInUser,
    by: Principal["by"],
    scopes: readonly string[] | null = null,
  ): Promise<Principal> {
    const { id, username, roles } = user;
    const permissions = (await this.roles.permissionsOf(roles)).within(scopes);
    return { id, username, roles, permissions, by };
  }
}
