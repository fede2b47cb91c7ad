/** Dag files from a bucket of Google, with each kind of credentials that its tools write. */
import { readdirSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { openGoogleBucket } from "../../src/cli/open-google-bucket.ts";
import { BucketBundle } from "../../src/dag-processor/bucket-bundle.ts";
import type { ConnectionAnswer } from "../../src/runtime/protocol.ts";
import { systemClock } from "../../src/time.ts";
import { temporaryFolder } from "../examples/temporary-folder.ts";
import { type GoogleStorage, googleStorage } from "../support/google-storage.ts";

const spec = {
  kind: "bucket",
  maker: "google",
  name: "far",
  connId: "google_cloud_default",
  bucket: "bucket",
  prefix: "team",
  refreshSeconds: 300,
} as const;

const connectionOf = (extra: unknown) => ({ extra: JSON.stringify(extra) }) as unknown as ConnectionAnswer;

/** One bundle of it. */
async function bundleOf(
  storage: GoogleStorage,
  {
    extra = {},
    environment = {},
    bucket = "bucket",
  }: { extra?: unknown; environment?: object; bucket?: string },
): Promise<BucketBundle> {
  const surroundings = { STORAGE_EMULATOR_HOST: storage.url, ...environment };
  const found = { ...spec, bucket };
  return new BucketBundle(found, {
    bundlesFolder: await temporaryFolder(),
    open: async () => openGoogleBucket(found, connectionOf(extra), surroundings, systemClock.now),
  });
}

describe("a bundle in a bucket of Google", () => {
  it("is read below the prefix, page by page, and again only where the content is another", async () => {
    const storage = await googleStorage();
    Object.assign(storage.objects, {
      "team/a.py": "one",
      "team/deep/er/b & c.py": "two",
      "team/deep/": "",
      "teammate/c.py": "not ours",
    });
    const bundle = await bundleOf(storage, { extra: { keyfile_dict: storage.serviceAccount } });
    const first = await bundle.refresh();
    expect(readdirSync(bundle.folder).sort()).toEqual(["a.py", "deep"]);
    expect(readFileSync(join(bundle.folder, "deep/er/b & c.py"), "utf8")).toBe("two");
    expect(await bundle.refresh()).toBe(first);
    expect(storage.reads.sort()).toEqual(["team/a.py", "team/deep/er/b & c.py"]);
    storage.objects["team/a.py"] = "three";
    expect(await bundle.refresh()).not.toBe(first);
    expect(readFileSync(join(bundle.folder, "a.py"), "utf8")).toBe("three");
  });

  it("is asked with the key of a connection, of a file, or with a person's login", async () => {
    const storage = await googleStorage();
    storage.objects["team/a.py"] = "one";
    const folder = await temporaryFolder();
    const file = join(folder, "key.json");
    await writeFile(file, JSON.stringify(storage.serviceAccount));
    const login = {
      type: "authorized_user",
      client_id: "c",
      client_secret: "s",
      refresh_token: "of a person",
    };
    await writeFile(
      join(folder, "application_default_credentials.json"),
      JSON.stringify({ ...login, token_uri: storage.serviceAccount["token_uri"] }),
    );
    const ways = [
      { extra: { keyfile_dict: JSON.stringify(storage.serviceAccount) } },
      { extra: { extra__google_cloud_platform__key_path: file } },
      { environment: { GOOGLE_APPLICATION_CREDENTIALS: file } },
      {
        environment: { GOOGLE_APPLICATION_CREDENTIALS: join(folder, "application_default_credentials.json") },
      },
    ];
    for (const [index, way] of ways.entries()) {
      const bundle = await bundleOf(storage, way);
      await bundle.refresh();
      expect(readdirSync(bundle.folder)).toEqual(["a.py"]);
      expect(storage.tokensGiven).toBe(index + 1);
    }
  });

  it("is asked as the machine, where nothing else says who asks", async () => {
    const machine = createServer((request, response) => {
      const known =
        request.headers["metadata-flavor"] === "Google" && request.url?.endsWith("/default/token");
      response.statusCode = known ? 404 : 500;
      response.end(
        JSON.stringify({ error: "invalid_request", error_description: "Service account not enabled" }),
      );
    });
    await new Promise<void>((resolve) => {
      machine.listen(0, "127.0.0.1", resolve);
    });
    onTestFinished(() => void machine.close());
    const host = `127.0.0.1:${(machine.address() as AddressInfo).port}`;
    const empty = await temporaryFolder();
    const open = () =>
      openGoogleBucket(spec, null, { GCE_METADATA_HOST: host, CLOUDSDK_CONFIG: empty }, () => 0);
    const bundle = new BucketBundle(spec, { bundlesFolder: await temporaryFolder(), open });
    await expect(bundle.refresh()).rejects.toMatchObject({
      code: "TW_BUNDLE_BUCKET",
      message: expect.stringContaining("HTTP 404 invalid_request: Service account not enabled"),
    });
  });

  it("says what is wrong, and nothing of a key", async () => {
    const storage = await googleStorage();
    const refusal = async (way: Parameters<typeof bundleOf>[1]): Promise<string> =>
      (await bundleOf(storage, way)).refresh().then(
        () => "none",
        (error: Error) => error.message,
      );
    const key = storage.serviceAccount;
    expect(await refusal({ extra: { keyfile_dict: key }, bucket: "nowhere" })).toContain(
      "HTTP 404 The specified bucket does not exist.",
    );
    expect(await refusal({ extra: { keyfile_dict: { ...key, private_key: "secret" } } })).toMatch(
      /PEM of PKCS #8, got something else$/,
    );
    expect(await refusal({ extra: { keyfile_dict: "{secret" } })).toMatch(
      /keyfile_dict of the connection .* expected a JSON object, got something else$/,
    );
    expect(await refusal({ extra: { keyfile_dict: { type: "external_account" } } })).toContain(
      'got "external_account"',
    );
    expect(await refusal({ extra: { keyfile_dict: { ...key, client_email: "else" } } })).toContain(
      "gives no token: HTTP 400 invalid_grant",
    );
    expect(await refusal({ extra: { impersonation_chain: "x" } })).toContain(
      "impersonation_chain, which is not supported",
    );
    expect(await refusal({})).toContain("HTTP 401 Anonymous caller");
  });
});
