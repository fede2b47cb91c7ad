/** Part of a list. */
export interface Page {
  /** At most so many; 100 when it is not given. */
  readonly limit?: number;
  readonly offset?: number;
}

export interface Listing<Row> {
  readonly rows: Row[];
  /** How many there are in all, whatever the page. */
  readonly total: number;
}

export const defaultLimit = 100;
