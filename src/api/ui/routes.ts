/** The page's files, and what only the page asks for, under /ui. */
import type { ApiApp } from "../app.ts";
import type { ApiParts } from "../parts.ts";

export function registerUiRoutes(_app: ApiApp, _parts: ApiParts): void {}
