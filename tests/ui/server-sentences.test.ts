/** What the page knows of the server's sentences: that the server still says them, and that each is found by its form. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { serverSentences } from "../../ui/src/i18n/fr-server.ts";
import { learnSentences, serverText } from "../../ui/src/i18n/server-text.ts";

const root = join(import.meta.dirname, "../../src");
const said = globSync("{core,api,store}/**/*.ts", { cwd: root })
  .map((file) => readFileSync(join(root, file), "utf8"))
  .join("\n")
  .replaceAll("\\`", "`");

const holesOf = (text: string): string[] => [...text.matchAll(/\{\{\w+\}\}/g)].map(([hole]) => hole).sort();
/** What stands between the holes, where it is long enough to be told from anything else. */
const piecesOf = (sentence: string): string[] =>
  sentence
    .split(/\{\{\w+\}\}/)
    .map((piece) => piece.replace(/^["\s]+|["\s]+$/g, ""))
    .filter((piece) => piece.length >= 12);

describe("French sentences of the server", () => {
  it("are said by the server, word for word", () => {
    // Where the server puts a sentence together itself, its pieces are found instead.
    const made =
      /^(?:Input should be|String should have|expected a new run of|task "|its next|.*: of \{\{count)/;
    const unsaid = Object.keys(serverSentences).filter(
      (sentence) => !made.test(sentence) && piecesOf(sentence).some((piece) => !said.includes(piece)),
    );
    expect(unsaid).toEqual([]);
  });

  it("keep what varies", () => {
    const lost = Object.entries(serverSentences).filter(
      ([english, french]) => holesOf(english).join() !== holesOf(french).join(),
    );
    expect(lost).toEqual([]);
  });

  it("are found by their form, the most particular first", () => {
    learnSentences(serverSentences);
    const upper = (_: string, text: string): string => text.toUpperCase();
    for (const sentence of Object.keys(serverSentences)) {
      const given = sentence.replace(/\{\{(\w+)\}\}/g, "some $1");
      expect(serverText(given, upper), sentence).toBe(
        (serverSentences[sentence] as string).replace(/\{\{(\w+)\}\}/g, (_, hole: string) =>
          `some ${hole}`.toUpperCase(),
        ),
      );
    }
  });

  it("are found in complaints about several fields and beside hints, and what is not known stays", () => {
    learnSentences(serverSentences);
    expect(serverText("slots: Field required; name: String should have at most 256 characters")).toBe(
      "slots: champ obligatoire; name: au plus 256 caractères sont attendus",
    );
    expect(serverText('expected the id of a Dag, got "chrun" (did you mean churn?)')).toBe(
      "Il n'y a pas de Dag « chrun » (vouliez-vous dire churn ?)",
    );
    expect(serverText("ECONNREFUSED 10.0.0.1:5432")).toBe("ECONNREFUSED 10.0.0.1:5432");
  });
});
