import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { drawOpenApi } from "../../scripts/draw-openapi.ts";
import { freshApi } from "../support/api.ts";

type Json = { [key: string]: unknown };

it("docs/openapi.json is the one that scripts/draw-openapi.ts draws", async () => {
  const page = readFileSync(join(import.meta.dirname, "../../docs/openapi.json"), "utf8");
  expect((await drawOpenApi()) === page, "run `node scripts/draw-openapi.ts`").toBe(true);
});

it("names each operation once, and refers to nothing that is not there", async () => {
  const text = await drawOpenApi();
  const document = JSON.parse(text) as {
    paths: Record<string, Record<string, Json>>;
    components: { schemas: Json };
  };
  const ids = Object.values(document.paths).flatMap((path) =>
    Object.values(path).map((one) => one["operationId"]),
  );
  expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  const references = [...text.matchAll(/"\$ref": "#\/components\/schemas\/([^"]+)"/g)].map(
    (match) => match[1] ?? "",
  );
  expect([...new Set(references)].filter((name) => !(name in document.components.schemas))).toEqual([]);
});

it("is served as a file and as a page without a script", async () => {
  const api = await freshApi();
  const { body } = await api.get<{ openapi: string; paths: object }>("/openapi.json", { as: "nobody" });
  expect(body.openapi).toBe("3.1.0");
  expect(Object.keys(body.paths)).toContain("/auth/token");
  const page = await api.get<string>("/docs", { as: "nobody" });
  expect(page.headers.get("content-type")).toContain("text/html");
  expect(page.body).toContain("/auth/token");
  expect(page.body).not.toContain("<script");
});
