/** Who asks: a user, or nobody, and how we know. */
import { noPermissions, type Permissions } from "./permissions.ts";

export interface Principal {
  /** Null: nobody signed in. */
  readonly id: number | null;
  readonly username: string;
  readonly roles: readonly string[];
  readonly permissions: Permissions;
  readonly by:
    | { readonly kind: "nothing" | "password" | "localhost" }
    | { readonly kind: "session"; readonly secret: string; readonly expiresAt: number }
    | { readonly kind: "signed-token"; readonly jti: string; readonly expiresAt: number }
    | { readonly kind: "api-token" | "attempt" };
}

export const nobody: Principal = {
  id: null,
  username: "anonymous",
  roles: ["Public"],
  permissions: noPermissions,
  by: { kind: "nothing" },
};
