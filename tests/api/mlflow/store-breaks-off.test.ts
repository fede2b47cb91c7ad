/** A bucket that goes away in the middle of an upload: the client hears it at once, and what was there before stays. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { freshApi } from "../../support/api.ts";

/** As much of S3 as objects that are put and got; it may be told to hang up once the first bytes of a body are there. */
async function bucket() {
  const objects = new Map<string, Buffer>();
  let breaksOff = false;
  let puts = 0;
  const server = createServer(async (request, response) => {
    const key = new URL(request.url ?? "", "http://s3").pathname;
    if (request.method === "PUT") {
      puts++;
      if (breaksOff) {
        await once(request, "data");
        request.socket.destroy();
        return;
      }
      objects.set(key, await buffer(request));
      response.setHeader("etag", '"1"').end();
      return;
    }
    const found = objects.get(key);
    if (found === undefined) response.writeHead(404).end("<Error><Code>NoSuchKey</Code></Error>");
    else response.end(found);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    objects,
    breakOff: () => (breaksOff = true),
    puts: () => puts,
  };
}

test("an upload whose bucket breaks off is refused, and the object of before stays", async () => {
  const { endpoint, objects, breakOff, puts } = await bucket();
  const api = await freshApi({
    environment: {
      TRADEWIND__TRACKING__ARTIFACT_ROOT: "s3://lake/artifacts",
      MLFLOW_S3_ENDPOINT_URL: endpoint,
      AWS_ACCESS_KEY_ID: "a",
      AWS_SECRET_ACCESS_KEY: "b",
    },
  });
  const url = `${api.url}/api/2.0/mlflow-artifacts/artifacts/0/run/artifacts/model.bin`;
  const headers = await api.signedIn("User");
  const put = (body: Buffer) => fetch(url, { method: "PUT", body: new Uint8Array(body), headers });
  expect((await put(Buffer.from("first"))).status).toBe(200);
  breakOff();
  const refused = await put(Buffer.alloc(5_000_000, "x"));
  // A 4xx: clients try a 5xx again for minutes.
  expect(refused.status).toBe(424);
  expect(((await refused.json()) as { message: string }).message).toContain(
    "expected the artifact store to write",
  );
  expect(puts()).toBe(2);
  expect([...objects.values()].map(String)).toEqual(["first"]);
  expect(await (await fetch(url, { headers })).text()).toBe("first");
});
