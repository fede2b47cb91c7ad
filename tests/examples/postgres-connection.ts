import type { TestConnection } from "../../src/testing/index.ts";

/** A database URL as a connection of Tradewind; a folder given as `host` parameter is that of a socket. */
export function postgresConnection(url: string): TestConnection {
  const { hostname, port, username, password, pathname, searchParams } = new URL(
    // The name of a socket has no host before the slash, which a URL does not allow.
    url.replace(/@\//, "@localhost/"),
  );
  return {
    type: "postgres",
    host: searchParams.get("host") ?? decodeURIComponent(hostname),
    port: Number(port || searchParams.get("port") || 5432),
    login: decodeURIComponent(username),
    password: decodeURIComponent(password),
    schema: pathname.slice(1),
  };
}
