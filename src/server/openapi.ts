/**
 * The OpenAPI document of the routes.
 *
 * @module
 */

import type { Route, SocketRoute } from "./route.ts";

/** Of OpenEnv's HTTP interface. */
const API_VERSION = "1.0.0";

/**
 * Paths, methods and summaries. Bodies are those of `/schema` and of the protocols' own documents.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { openApi } from "./openapi.ts";
 * import type { Route, SocketRoute } from "./route.ts";
 *
 * const route = { protocol: "ors", method: "GET", path: "/:env/splits", summary: "splits" } as Route;
 * assert.deepEqual(Object.keys(openApi("bird", [route]).paths), ["/{env}/splits"]);
 * ```
 */
export function openApi(title: string, routes: readonly (Route | SocketRoute)[]) {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const { protocol, method, path, summary } of routes) {
    const names = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name);
    const operations = paths[path.replace(/:(\w+)/g, "{$1}")] ??= {};
    operations[method.toLowerCase()] = {
      tags: [protocol],
      summary,
      parameters: names.map((name) => (
        { name, in: "path", required: true, schema: { type: "string" } }
      )),
      responses: { "200": { description: "OK" } },
    };
  }
  return { openapi: "3.1.0", info: { title, version: API_VERSION }, paths };
}
