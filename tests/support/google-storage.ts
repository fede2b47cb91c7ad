/**
 * A stand-in for Google Cloud Storage and for Google's tokens: it hears only who shows a token that it gave, to whoever
 * signed with the key of its service account. Ends with the test.
 */
import { createHash, generateKeyPairSync, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { jwtVerify } from "jose";
import { onTestFinished } from "vitest";

export interface GoogleStorage {
  readonly url: string;
  /** As the file of a key has it. */
  readonly serviceAccount: { [name: string]: string };
  /** Of the bucket "bucket", by name. */
  readonly objects: { [name: string]: string | Buffer };
  /** Names of objects that were read, in their order. */
  readonly reads: string[];
  tokensGiven: number;
}

const perPage = 2;
const email = "dags@project.iam.gserviceaccount.com";

export async function googleStorage(): Promise<GoogleStorage> {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const tokens = new Set<string>();
  const objects: { [name: string]: string | Buffer } = {};
  const reads: string[] = [];
  const server = createServer((request, response) => {
    const answer = (status: number, body: unknown): void => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    };
    if (request.url === "/token")
      return void grant(request).then(
        (token) => answer(200, { access_token: token, expires_in: 3600, token_type: "Bearer" }),
        (error: Error) => answer(400, { error: "invalid_grant", error_description: error.message }),
      );
    if (!tokens.has(request.headers.authorization?.replace("Bearer ", "") ?? ""))
      return answer(401, {
        error: { code: 401, message: "Anonymous caller does not have storage.objects access" },
      });
    serve(request, response, answer);
  });
  const grant = async (request: IncomingMessage): Promise<string> => {
    let text = "";
    for await (const chunk of request) text += String(chunk);
    const form = new URLSearchParams(text);
    if (form.get("grant_type") === "refresh_token") {
      if (form.get("refresh_token") !== "of a person") throw new Error("Bad Request");
    } else {
      const { payload } = await jwtVerify(form.get("assertion") ?? "", publicKey, {
        issuer: email,
        audience: `${url}/token`,
      });
      if (!/devstorage\.read_(only|write)$/.test(String(payload["scope"]))) throw new Error("no scope");
    }
    const token = randomUUID();
    tokens.add(token);
    storage.tokensGiven += 1;
    return token;
  };
  const serve = (
    request: IncomingMessage,
    response: ServerResponse,
    answer: (status: number, body: unknown) => void,
  ): void => {
    const { pathname, searchParams } = new URL(request.url ?? "", url);
    if (request.method === "POST" && pathname === "/upload/storage/v1/b/bucket/o")
      return void receive(request, searchParams.get("name") ?? "").then((name) => answer(200, { name }));
    const [, bucket, name] = /^\/storage\/v1\/b\/([^/]+)\/o(?:\/([^/]+))?$/.exec(pathname) ?? [];
    if (bucket !== "bucket")
      return answer(404, { error: { code: 404, message: "The specified bucket does not exist." } });
    if (name === undefined) return answer(200, page(searchParams));
    const text = objects[decodeURIComponent(name)];
    if (text === undefined || searchParams.get("alt") !== "media")
      return answer(404, { error: { message: "No such object" } });
    reads.push(decodeURIComponent(name));
    response.writeHead(200, { "content-type": "application/octet-stream" }).end(text);
  };
  const receive = async (request: IncomingMessage, name: string): Promise<string> => {
    objects[name] = await buffer(request);
    return name;
  };
  const page = (query: URLSearchParams): unknown => {
    const names = Object.keys(objects)
      .filter((name) => name.startsWith(query.get("prefix") ?? ""))
      .sort();
    const from = Number(query.get("pageToken") ?? 0);
    const items = names.slice(from, from + perPage).map((name) => ({
      name,
      etag: randomUUID(),
      md5Hash: createHash("md5")
        .update(objects[name] ?? "")
        .digest("base64"),
    }));
    return { items, ...(from + perPage < names.length ? { nextPageToken: String(from + perPage) } : {}) };
  };
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const serviceAccount = {
    type: "service_account",
    client_email: email,
    private_key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    token_uri: `${url}/token`,
  };
  const storage: GoogleStorage = { url, serviceAccount, objects, reads, tokensGiven: 0 };
  return storage;
}
