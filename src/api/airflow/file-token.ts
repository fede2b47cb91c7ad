/** Tokens that name a Dag file and cannot be made up: sealed with the key of the home folder. */
import type { Secrets } from "../../store/secrets.ts";
import { HttpProblem } from "../http-problem.ts";

const place = "api/file-token";

export interface DagFile {
  readonly bundleName: string;
  readonly relativeFile: string;
}

export function fileToken(secrets: Secrets, { bundleName, relativeFile }: DagFile): string {
  return secrets.seal(JSON.stringify([bundleName, relativeFile]), place).toString("base64url");
}

/** @throws HttpProblem 404 for a token that is none of ours. */
export function readFileToken(secrets: Secrets, token: string): DagFile {
  try {
    const [bundleName, relativeFile] = JSON.parse(secrets.open(Buffer.from(token, "base64url"), place)) as [
      string,
      string,
    ];
    return { bundleName, relativeFile };
  } catch {
    throw new HttpProblem(404, "File not found");
  }
}
