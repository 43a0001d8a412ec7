/**
 * The Open Reward Standard: questions by split and place, and episodes with tools and rewards, over HTTP
 * and server-sent events (openrewardstandard.io; ors-sdk 0.1.0 and openreward 0.1.167 as they are). There
 * is one environment, under its name and, by redirection, under none.
 *
 * @module
 */

import type { EpisodeChoice, ServerEnvironment } from "./environment.ts";
import { jsonBody } from "./limits.ts";
import { OrsSessions } from "./ors_sessions.ts";
import { eventStream, resultStream } from "./ors_stream.ts";
import { exampleAt, examplesIn, splitsOf, taskOf, toolSpec } from "./ors_tasks.ts";
import { CALL_BODY, CREATE_BODY, RANGE_BODY, SPLIT_BODY, TASK_BODY } from "./ors_wire.ts";
import { Refusal } from "./refusal.ts";
import { type Call, capacityResponse, type Route, type ServerContext } from "./route.ts";
import type { EnvSession } from "./session.ts";
import { toolsOf } from "./tools.ts";
import { fitting } from "./wire.ts";

/**
 * The routes. A session ends as all sessions do, when nobody has used it for long; clients send `/ping`.
 *
 * @param now Milliseconds of a clock that only goes forward, by which results are kept.
 */
export function orsRoutes(context: ServerContext, now = () => performance.now()): Route[] {
  const { environment } = context;
  const sessions = new OrsSessions(context.sessions, now);
  const underName = [...taskRoutes(environment), ...episodeRoutes(sessions)];
  return [
    get("/list_environments", "names", () => Response.json([environment.name])),
    ...sessionRoutes(context, sessions),
    ...underName.map((route) => underItsName(route, environment.name)),
    ...underName.map((route) => redirected(route, environment.name)),
  ];
}

function taskRoutes(environment: ServerEnvironment): Route[] {
  const { name } = environment;
  return [
    get("/:env/tools", "tools of all tasks", () => {
      return Response.json({ tools: toolsOf(environment.task).map(toolSpec) });
    }),
    get("/:env/splits", "splits", () => Response.json(splitsOf(environment))),
    post("/:env/num_tasks", "number of tasks", async ({ request }) => {
      const { split } = fitting(SPLIT_BODY, await jsonBody(request), 400);
      return Response.json({ num_tasks: examplesIn(environment, split).length });
    }),
    post("/:env/tasks", "all tasks of a split", async ({ request }) => {
      const { split } = fitting(SPLIT_BODY, await jsonBody(request), 400);
      const tasks = examplesIn(environment, split).map((example) => taskOf(example, split));
      return Response.json({ tasks, env_name: name });
    }),
    post("/:env/task", "one task", async ({ request }) => {
      const { split, index } = fitting(TASK_BODY, await jsonBody(request), 400);
      return Response.json({
        ...{ task: taskOf(exampleAt(environment, split, index), split), env_name: name },
      });
    }),
    post("/:env/task_range", "tasks from one place to another", async ({ request }) => {
      const { split, start, stop } = fitting(RANGE_BODY, await jsonBody(request), 400);
      const examples = examplesIn(environment, split).slice(start ?? 0, stop ?? undefined);
      return Response.json({
        ...{ tasks: examples.map((example) => taskOf(example, split)), env_name: name },
      });
    }),
  ];
}

function sessionRoutes(context: ServerContext, sessions: OrsSessions): Route[] {
  return [
    post("/create_session", "an id for a session", ({ request }) => {
      const sid = crypto.randomUUID();
      return request.headers.get("accept")?.includes("text/event-stream")
        ? eventStream([["task_id", sid], ["end", ""]])
        : Response.json({ sid });
    }),
    post("/create", "begins the episode of a session", async ({ request }) => {
      const sid = sessionId(request);
      const body = fitting(CREATE_BODY, await jsonBody(request), 400);
      if (body.env_name != null) requireName(body.env_name, context.environment.name);
      const isOpen = await sessions.begin(sid, choiceOf(context.environment, body));
      return isOpen ? Response.json({ sid }) : capacityResponse(context);
    }),
    post("/ping", "keeps a session", ({ request }) => {
      sessions.get(sessionId(request));
      return Response.json({ status: "ok" });
    }),
    ...["/delete", "/delete_session"].map((path) =>
      post(path, "ends a session", async ({ request }) => {
        const sid = sessionId(request);
        await sessions.delete(sid);
        return Response.json({ sid });
      })
    ),
  ];
}

function episodeRoutes(sessions: OrsSessions): Route[] {
  const episodeOf = ({ request }: Call) => sessions.get(sessionId(request)).episode;
  return [
    get("/:env/prompt", "the prompt of an episode", (call) => {
      return Response.json(episodeOf(call).prompt.map(({ content }) => textBlock(content)));
    }),
    get("/:env/messages", "the prompt of an episode as messages", (call) => {
      return Response.json(
        episodeOf(call).prompt.map(({ role, content }) => ({
          ...{ role, blocks: [textBlock(content)], detail: null },
        })),
      );
    }),
    get("/:env/task_tools", "the tools of an episode", (call) => {
      return Response.json({ tools: episodeOf(call).tools.map(toolSpec) });
    }),
    post("/:env/call", "a call of a tool, which is a step", async ({ request }) => {
      const { episode, calls } = sessions.get(sessionId(request));
      const { name, input, task_id } = fitting(CALL_BODY, await jsonBody(request), 400);
      const id = task_id ?? calls.start(() => calledTool(episode, name, input));
      const result = calls.result(id);
      return result === undefined
        ? eventStream([["error", "unknown task_id"]])
        : resultStream(id, result);
    }),
  ];
}

/**
 * Takes a step and says what came of it (RunToolOutput). Calls that the task refuses are steps as well,
 * as in training. The reward is never null, so that trainers that take the last one for the outcome count
 * an episode without an answer as a failure, not as one that nobody scored.
 */
async function calledTool(
  episode: EnvSession,
  tool: string,
  input: Readonly<Record<string, unknown>>,
): Promise<string> {
  try {
    const { observation, reward, done, metadata } = await episode.step({ tool, arguments: input });
    return JSON.stringify({
      ok: true,
      output: {
        blocks: observation === "" ? [] : [textBlock(observation)],
        ...{ metadata, reward, finished: done },
      },
    });
  } catch (error) {
    if (!(error instanceof Refusal)) {
      console.error(error);
      throw error;
    }
    const reason = episode.result === null ? null : "episode_finished";
    return JSON.stringify({ ok: false, error: error.message, reason });
  }
}

const textBlock = (text: string) => ({ text, detail: null, type: "text" });

function choiceOf(
  environment: ServerEnvironment,
  { task_spec: spec, split, index }: ReturnType<typeof CREATE_BODY.parse>,
): EpisodeChoice {
  const prompt = "tools";
  if (spec != null) {
    const { id: exampleId, ...rest } = spec;
    return { ...rest, exampleId, prompt };
  }
  exampleAt(environment, split!, index!);
  return { split: split!, index: index!, prompt };
}

function sessionId(request: Request): string {
  const sid = request.headers.get("x-session-id")?.trim();
  if (sid) return sid;
  throw new Refusal(400, "X-Session-ID header is required");
}

function requireName(given: string, name: string): void {
  if (given.toLowerCase() === name.toLowerCase()) return;
  throw new Refusal(404, `Unknown environment "${given}": the one served is ${name}`);
}

/** A route for the environment's name only. */
function underItsName(route: Route, name: string): Route {
  return {
    ...route,
    handle: (call) => {
      requireName(call.params.env, name);
      return route.handle(call);
    },
  };
}

/** A route without a name, which sends clients on with their method and body. */
function redirected(route: Route, name: string): Route {
  return {
    ...route,
    path: route.path.replace("/:env", ""),
    handle: ({ request }) => {
      const { pathname, search } = new URL(request.url);
      return new Response(null, {
        status: 308,
        headers: { location: `/${name}${pathname}${search}` },
      });
    },
  };
}

function get(path: string, summary: string, handle: Route["handle"]): Route {
  return { protocol: "ors", method: "GET", path, summary, handle };
}

function post(path: string, summary: string, handle: Route["handle"]): Route {
  return { protocol: "ors", method: "POST", path, summary, handle };
}
