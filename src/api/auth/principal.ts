/** Who asks: a user, or nobody. */
export interface Principal {
  /** Null: nobody signed in. */
  readonly id: number | null;
  readonly username: string;
  readonly roles: readonly string[];
}

export const nobody: Principal = { id: null, username: "anonymous", roles: ["Public"] };
