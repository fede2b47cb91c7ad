/** The letters of the grid's cells, as the server writes them. */
export { lettered, mattersMost } from "../../../src/api/ui/state-letters.ts";

import { lettered } from "../../../src/api/ui/state-letters.ts";
import type { AnyState } from "./types.ts";

/** Null: the run does not have the task. */
export function stateOfLetter(letter: string): AnyState | null {
  return lettered[letter.charCodeAt(0) - 97] ?? null;
}
