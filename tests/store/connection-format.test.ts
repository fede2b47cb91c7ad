import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ConnectionFields } from "../../src/store/connection-format.ts";
import {
  connectionObject,
  connectionUri,
  extraObject,
  parseConnection,
  parseConnectionJson,
  parseConnectionUri,
} from "../../src/store/connection-format.ts";

const none: ConnectionFields = {
  connType: "",
  description: null,
  host: null,
  login: null,
  password: null,
  schema: null,
  port: null,
  extra: null,
};

const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: null });

/** What Airflow's Connection makes of these URIs (models/connection.py, `_parse_from_uri`). */
const uris: [string, Partial<ConnectionFields>][] = [
  [
    "postgresql://me:pw@host:5432/db",
    { connType: "postgres", host: "host", login: "me", password: "pw", schema: "db", port: 5432 },
  ],
  ["google-cloud-platform://", { connType: "google_cloud_platform" }],
  ["http://host", { connType: "http", host: "host" }],
  ["my-type://https://host:80/s", { connType: "my_type", host: "https://host", port: 80, schema: "s" }],
  ["scheme://%2fvar%2fsock", { connType: "scheme", host: "/var/sock" }],
  ["t://u%3As:p%40%2F@h/a%20b", { connType: "t", host: "h", login: "u:s", password: "p@/", schema: "a b" }],
  [
    "smtp://me@mail.com:pw@host:25",
    { connType: "smtp", host: "host", login: "me@mail.com", password: "pw", port: 25 },
  ],
  ["t://:pw@h", { connType: "t", host: "h", password: "pw" }],
  ["t://@:8080", { connType: "t", port: 8080 }],
  ["t://[::1]:5/s", { connType: "t", host: "::1", port: 5, schema: "s" }],
  ["t://h/?a=1&b=x%20y", { connType: "t", host: "h", extra: '{"a":"1","b":"x y"}' }],
  [
    "t://h/s?__extra__=%7B%22a%22%3A+%7B%22b%22%3A+1%7D%7D",
    { connType: "t", host: "h", schema: "s", extra: '{"a": {"b": 1}}' },
  ],
];

describe("a connection's URI", () => {
  test.each(uris)("%s", (uri, fields) => {
    expect(parseConnectionUri(uri)).toEqual({ ...none, ...fields });
    expect(parseConnectionUri(connectionUri(parseConnectionUri(uri)))).toEqual({ ...none, ...fields });
  });

  test("carries any field there and back", () => {
    const text = fc.string({ minLength: 1, unit: "binary" }).filter((s) => s.trim() !== "");
    const fields = fc.record({
      connType: fc.stringMatching(/^[a-z][a-z_]{0,8}$/),
      description: fc.constant(null),
      host: maybe(fc.domain()),
      login: maybe(text),
      password: maybe(text),
      schema: maybe(text),
      port: maybe(fc.nat({ max: 65_535 })),
      extra: maybe(
        fc
          .dictionary(fc.string({ minLength: 1 }), fc.jsonValue(), { minKeys: 1 })
          .map((o) => JSON.stringify(o)),
      ),
    });
    fc.assert(
      fc.property(fields, (connection) => {
        const back = parseConnectionUri(connectionUri(connection));
        expect({ ...back, extra: null }).toEqual({ ...connection, extra: null });
        expect(extraObject(back.extra)).toEqual(extraObject(connection.extra));
      }),
    );
  });

  test("that cannot be read is told without being shown", () => {
    expect(() => parseConnectionUri("no uri: secret")).toThrow(/expected a connection as a URI/);
    expect(() => parseConnectionUri("no uri: secret")).not.toThrow(/secret/);
    expect(() => parseConnectionUri("t://h:99999")).toThrow(/65535/);
  });
});

describe("a connection's JSON", () => {
  test("has Airflow's keys, or the same in camelCase", () => {
    const text =
      '{"conn_type": "postgresql", "login": "me", "port": "5432", "extra": {"sslmode": "require"}}';
    const fields = { ...none, connType: "postgres", login: "me", port: 5432, extra: '{"sslmode":"require"}' };
    expect(parseConnectionJson(text)).toEqual(fields);
    expect(parseConnection(text.replace("conn_type", "connType"))).toEqual(fields);
    expect(parseConnection(JSON.stringify(connectionObject(fields)))).toEqual(fields);
  });

  test("with an unknown key or a bad port is refused", () => {
    expect(() => parseConnectionJson('{"hosst": "x"}')).toThrow(/"hosst"/);
    expect(() => parseConnectionJson('{"port": "many"}')).toThrow(/port from 0 to 65535/);
    expect(() => parseConnectionJson("[]")).toThrow(/JSON object/);
    expect(() => parseConnectionJson("{")).toThrow(/no JSON/);
  });
});
