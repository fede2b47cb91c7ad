/** Airflow's own spellings, of 1.10 to 3: understood, with hints that name those of today and what has no effect. */
import {
  flaggedArguments,
  idleFlags,
  nothingToDo,
  oldGroups,
  oldVerbs,
  positionalFlags,
  renamedFlags,
  spellings,
} from "./airflow-spellings.ts";

export interface Understood {
  readonly argv: readonly string[];
  readonly hints: readonly string[];
  /** A command for which there is nothing to do. */
  readonly isDone: boolean;
}

/** `asAirflow`: by the command `airflow`, where a word that means something else to Tradewind is Airflow's. */
export function airflowSpelling(given: readonly string[], asAirflow = false): Understood {
  const idle = nothingToDo.get(given[0] ?? "");
  if (idle !== undefined)
    return { argv: given, hints: [`hint: \`${given[0]}\`: ${idle}; nothing was done`], isDone: true };
  const { words, rest } = commandOf(given, asAirflow);
  // With `db init` came Airflow's default connections, which a flag asks for today.
  const path = words.filter((word) => !word.startsWith("-")).join(" ");
  const hints: string[] = [];
  const old = given.slice(0, given.length - rest.length).join(" ");
  if (old !== path && aliases.get(old) !== path) hints.push(`hint: \`${old}\` is spelled \`${path}\` today`);
  const renamed = rest.map((word) => renamedFlag(path, word));
  const { kept, dropped } = withoutIdle(renamed, idleFlags.get(path) ?? []);
  if (dropped.length > 0) hints.push(`hint: ${dropped.join(", ")} has no effect here`);
  return { argv: [...words, ...places(path, kept)], hints, isDone: false };
}

/** Airflow 2's name of a command that is the same today. */
const aliases = new Map([["webserver", "api-server"]]);

/** The words of today's command, and what stands behind them. */
function commandOf(given: readonly string[], asAirflow: boolean): { words: string[]; rest: string[] } {
  const [group = "", verb = ""] = given;
  const alias = aliases.get(group);
  if (alias !== undefined) return { words: [alias], rest: given.slice(1) };
  const oldVerb = oldVerbs.get(group)?.get(verb);
  if (oldVerb !== undefined) return { words: [oldGroups.get(group) ?? group, oldVerb], rest: given.slice(2) };
  // Here `db upgrade` moves the data of an embedded server to another PostgreSQL.
  if (asAirflow && group === "db" && verb === "upgrade")
    return { words: ["db", "migrate"], rest: given.slice(2) };
  const found = spellings.find(({ from }) => from.every((word, i) => given[i] === word));
  if (found !== undefined) return { words: [...found.to], rest: given.slice(found.from.length) };
  const length = given.findIndex((word) => !/^[a-z][a-z-]*$/.test(word));
  const most = Math.min(length < 0 ? given.length : length, idleFlags.has(group) ? 1 : 2);
  return { words: given.slice(0, most), rest: given.slice(most) };
}

function renamedFlag(path: string, word: string): string {
  if (!word.startsWith("-")) return word;
  const [name = "", ...value] = word.split(/(?==)/);
  const flag = renamedFlags.get(path)?.get(name) ?? renamedFlags.get("*")?.get(name) ?? name;
  return [flag, ...value].join("");
}

/** `--workers 4` and `--workers=4`; a flag that takes no value alone. */
function withoutIdle(words: readonly string[], idle: readonly string[]) {
  const kept: string[] = [];
  const dropped: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string;
    const name = word.replace(/=.*$/, "");
    if (!word.startsWith("-") || !(idle.includes(name) || idle.includes(`${name}=`))) kept.push(word);
    else {
      dropped.push(name);
      if (idle.includes(`${name}=`) && !word.includes("=")) i++;
    }
  }
  return { kept, dropped };
}

/** Arguments that are flags there and not here, and the other way round. */
function places(path: string, words: readonly string[]): string[] {
  const flags = positionalFlags.get(path) ?? [];
  const argument = words.findIndex((word) => flags.includes(word.replace(/=.*$/, "")));
  if (argument >= 0) {
    const word = words[argument] as string;
    const isJoined = word.includes("=");
    const value = isJoined ? word.slice(word.indexOf("=") + 1) : (words[argument + 1] ?? "");
    return [value, ...words.slice(0, argument), ...words.slice(argument + (isJoined ? 1 : 2))];
  }
  const flag = flaggedArguments.get(path);
  return flag === undefined || words.includes(flag) ? [...words] : flagged(flag, words);
}

/** The first word that is neither a flag nor a flag's value. */
function flagged(flag: string, words: readonly string[]): string[] {
  const at = words.findIndex((word, i) => !word.startsWith("-") && !takesValue(words[i - 1] ?? ""));
  return at < 0 ? [...words] : words.toSpliced(at, 0, flag);
}

const alone = new Set(["--run-backwards", "--dry-run", "-v", "--verbose"]);
const takesValue = (word: string): boolean => word.startsWith("-") && !word.includes("=") && !alone.has(word);
