/**
 * Sentences that the server says, in the language of whoever looks. The REST API's words are Airflow's, and scripts read
 * them; so the server goes on speaking English, and the page knows the sentences that it shows most by their form
 * (ADR 152). One that it does not know is shown as it came.
 */

interface Form {
  readonly pattern: RegExp;
  readonly holes: readonly string[];
  readonly translation: string;
}

let forms: readonly Form[] = [];

const plain = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");

/** Those with more text of their own are tried first: `it is {{state}}` fits much. */
export function learnSentences(sentences: { readonly [english: string]: string }): void {
  const own = (english: string): number => english.replace(/\{\{\w+\}\}/g, "").length;
  forms = Object.entries(sentences)
    .sort(([a], [b]) => own(b) - own(a))
    .map(([english, translation]) => ({
      pattern: new RegExp(
        `^${english
          .split(/\{\{\w+\}\}/)
          .map(plain)
          .join("(.+?)")}$`,
        "s",
      ),
      holes: [...english.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name as string),
      translation,
    }));
}

/** What stands for a hole: its name, and the server's text. */
export type Fill = (hole: string, text: string) => string;

/** Null for a sentence that is not known. */
function known(sentence: string, fill: Fill): string | null {
  for (const { pattern, holes, translation } of forms) {
    const found = pattern.exec(sentence);
    if (found === null) continue;
    const values = new Map(holes.map((hole, index) => [hole, found[index + 1] ?? ""]));
    return translation.replace(/\{\{(\w+)\}\}/g, (_, hole: string) => fill(hole, values.get(hole) ?? ""));
  }
  return null;
}

/** Complaints about fields come as one text (`slots: Field required; name: …`), hints in parentheses behind a sentence. */
export function serverText(text: string, fill: Fill = (_, value) => value): string {
  if (forms.length === 0) return text;
  const whole = known(text, fill);
  if (whole !== null) return whole;
  const [, sentence = "", hint = ""] = /^(.*?) \((.*)\)$/s.exec(text) ?? [];
  const hinted = known(sentence, fill);
  if (hinted !== null) return `${hinted} (${known(hint, fill) ?? hint})`;
  return text
    .split("; ")
    .map((part) => {
      const [, where = "", sentence = ""] = /^([\w.[\]-]+: )?(.*)$/s.exec(part) ?? [];
      return where + (known(sentence, fill) ?? sentence);
    })
    .join("; ");
}

/** Instants in a sentence as the page shows them. Those in ids of runs stand behind other letters, and stay. */
export const withInstants = (text: string, format: (at: number) => string): string =>
  text.replace(/(?<=^|[\s(])\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)/g, (instant) =>
    format(Date.parse(instant)),
  );
