/** The document as a page to read: plain HTML without a script, so that it needs no exception from the page's rules. */
import type { OpenApiDocument, Operation, Parameter } from "./document.ts";

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => escapes[character] ?? "");

/** @param prefix Path under which the server is reached. */
export function docsPage(document: OpenApiDocument, prefix: string): string {
  const byTag = new Map<string, string[]>();
  for (const [path, methods] of Object.entries(document.paths))
    for (const [method, operation] of Object.entries(methods)) {
      const [tag = "Other"] = operation.tags;
      byTag.set(tag, [...(byTag.get(tag) ?? []), operationHtml(method, path, operation)]);
    }
  const tags = [...byTag.keys()].sort();
  const anchor = (tag: string): string => encodeURIComponent(tag.replaceAll(" ", "-"));
  const schemas = Object.entries(document.components.schemas).map(
    ([name, schema]) =>
      `<details id="schema-${escape(name)}"><summary>${escape(name)}</summary>${json(schema)}</details>`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Tradewind API</title><link rel="stylesheet" href="${prefix}/docs/style.css"></head>
<body><nav><h1>Tradewind API</h1><p><a href="${prefix}/openapi.json">openapi.json</a></p><ul>
${tags.map((tag) => `<li><a href="#${anchor(tag)}">${escape(tag)}</a></li>`).join("\n")}
<li><a href="#schemas">Schemas</a></li></ul></nav><main>
${tags.map((tag) => `<section id="${anchor(tag)}"><h2>${escape(tag)}</h2>${byTag.get(tag)?.join("\n")}</section>`).join("\n")}
<section id="schemas"><h2>Schemas</h2>${schemas.join("\n")}</section></main></body></html>
`;
}

function operationHtml(method: string, path: string, operation: Operation): string {
  const { summary, description, parameters = [], requestBody, responses } = operation;
  const permission = operation["x-permission"] as string[] | undefined;
  const answers = Object.entries(responses).map(
    ([status, answer]) =>
      `<h4>${escape(status)}: ${escape(String(answer["description"]))}</h4>${content(answer)}`,
  );
  return `<details><summary><b class="${method}">${method.toUpperCase()}</b> <code>${escape(path)}</code> ${escape(summary ?? "")}</summary>
${description === undefined ? "" : `<p>${escape(description)}</p>`}
${permission === undefined ? "" : `<p>Permission: ${escape(permission.join(", "))}</p>`}
${parameters.length === 0 ? "" : parameterTable(parameters)}
${requestBody === undefined ? "" : `<h4>Body</h4>${content(requestBody)}`}
${answers.join("\n")}</details>`;
}

function parameterTable(parameters: readonly Parameter[]): string {
  const rows = parameters.map(
    ({ name, in: where, required, schema }) =>
      `<tr><td><code>${escape(name)}</code>${required ? " *" : ""}</td><td>${where}</td><td><code>${escape(JSON.stringify(schema))}</code></td></tr>`,
  );
  return `<table><tr><th>Parameter</th><th>In</th><th>Schema</th></tr>${rows.join("")}</table>`;
}

function content(of: { [key: string]: unknown }): string {
  const types = (of["content"] ?? {}) as { [type: string]: { schema: { $ref?: string } } };
  return Object.values(types)
    .map(({ schema }) => {
      const name = schema.$ref?.split("/").at(-1);
      return name === undefined
        ? json(schema)
        : `<p><a href="#schema-${escape(name)}">${escape(name)}</a></p>`;
    })
    .join("");
}

function json(value: unknown): string {
  return `<pre>${escape(JSON.stringify(value, null, 2))}</pre>`;
}

export const docsStyle = `
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { margin: 0; display: grid; grid-template-columns: 15rem 1fr; }
nav { position: sticky; top: 0; height: 100vh; overflow: auto; padding: 1rem; box-sizing: border-box; }
nav ul { list-style: none; padding: 0; }
main { padding: 1rem 2rem; min-width: 0; }
details { border-block-end: 1px solid color-mix(in srgb, currentColor 15%, transparent); padding: .3rem 0; }
summary { cursor: pointer; overflow-wrap: anywhere; }
summary b { display: inline-block; min-width: 4.5rem; font-size: .8rem; }
.get { color: light-dark(#0b62a8, #6cb6ff); } .post { color: light-dark(#1a7f37, #57d27a); }
.delete { color: light-dark(#b3261e, #ff8a80); } .patch, .put { color: light-dark(#8a5a00, #e3b341); }
pre { overflow: auto; padding: .5rem; background: color-mix(in srgb, currentColor 7%, transparent); }
table { border-collapse: collapse; } td, th { text-align: start; padding: .2rem .8rem .2rem 0; overflow-wrap: anywhere; }
@media (max-width: 45rem) { body { display: block; } nav { position: static; height: auto; } }
`;
