/**
 * How the server is doing, and the credit of groups, for those who run it and for trainers that ask later.
 *
 * @module
 */

import { groupMetadata } from "./metadata.ts";
import { Refusal } from "./refusal.ts";
import type { Route, ServerContext } from "./route.ts";

/** `/finestep/status` and `/finestep/groups/:id`. */
export function statusRoutes(context: ServerContext): Route[] {
  const { environment, sessions, groups } = context;
  const startedMs = performance.now();
  return [
    {
      ...{
        protocol: "finestep",
        method: "GET",
        path: "/finestep/status",
        summary: "counts, memory",
      },
      handle: () => {
        const { rss, heapUsed } = Deno.memoryUsage();
        return Response.json({
          environment: environment.name,
          splits: Object.fromEntries(
            [...environment.splits].map(([split, examples]) => [split, examples.length]),
          ),
          uptime_s: Math.round((performance.now() - startedMs) / 1000),
          sessions: sessions.counts,
          groups: groups.size,
          trajectories: environment.keeper?.counts ?? null,
          memory: { rss_bytes: rss, heap_used_bytes: heapUsed },
        });
      },
    },
    {
      ...{ protocol: "finestep", method: "GET", path: "/finestep/groups/:id" },
      summary: "the advantages of a group's episodes, once all have ended",
      handle: ({ params: { id } }) => {
        const credit = groups.credit(id);
        if (credit === null) throw new Refusal(404, `Unknown group "${id}"`);
        return Response.json(groupMetadata(credit));
      },
    },
  ];
}
