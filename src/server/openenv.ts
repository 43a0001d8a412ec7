/**
 * OpenEnv in its simulation mode (openenv 0.10.0): a WebSocket is a session of episodes; over HTTP each
 * request has an environment of its own.
 *
 * @module
 */

import type { EnvSession, StepOutcome } from "./session.ts";
import type { EpisodeChoice } from "./environment.ts";
import { jsonBody, parsedJson } from "./limits.ts";
import { mcpAnswer } from "./mcp.ts";
import { openEnvSchemas } from "./openenv_schema.ts";
import { Refusal } from "./refusal.ts";
import {
  type Call,
  capacityMessage,
  capacityResponse,
  type Route,
  type ServerContext,
  type SocketRoute,
} from "./route.ts";
import type { Seat } from "./sessions.ts";
import type { SocketService } from "./socket.ts";
import { type ClientAction, toolsOf } from "./tools.ts";
import { clientAction, episodeChoice, fitting, SOCKET_MESSAGE, STEP_BODY } from "./wire.ts";

/** The routes of OpenEnv, but for `/mcp` and `/openapi.json`. */
export function openEnvRoutes(context: ServerContext, version: string): Route[] {
  const { environment } = context;
  const { name, task } = environment;
  return [
    get("/health", "whether the server is up", () => Response.json({ status: "healthy" })),
    get("/metadata", "what the environment is", () => {
      const description =
        `Step-level credit on the task ${task.name}: a question is worked on with ` +
        `${task.tools.map((tool) => tool.name).join(", ")} and answered`;
      return Response.json({ name, description, version });
    }),
    get("/schema", "JSON schemas of actions, observations and states", () => {
      return Response.json(openEnvSchemas(task));
    }),
    post("/reset", "the first observation of an episode, which ends with that", ({ request }) => {
      return withSeat(context, async (seat) => {
        return Response.json(await reset(seat, episodeChoice(await jsonBody(request))));
      });
    }),
    post("/step", "one step of an episode of its own", ({ request }) => {
      return withSeat(context, async (seat) => {
        const { action } = fitting(STEP_BODY, await jsonBody(request));
        const step = clientAction(action);
        if (step !== null) await seat.begin({});
        return Response.json(await stepped(context, seat, step));
      });
    }),
    get("/state", "the state of an environment without an episode", () => {
      return Response.json(stateOf(null));
    }),
  ];
}

/** `/ws`, a session of episodes. */
export function openEnvSockets(context: ServerContext): SocketRoute[] {
  return [{
    ...{ protocol: "openenv", method: "GET", path: "/ws", summary: "a session (WebSocket)" },
    connect: (call) => sessionService(context, call),
  }];
}

function get(path: string, summary: string, handle: Route["handle"]): Route {
  return { protocol: "openenv", method: "GET", path, summary, handle };
}

function post(path: string, summary: string, handle: Route["handle"]): Route {
  return { protocol: "openenv", method: "POST", path, summary, handle };
}

/** Does something with a session that ends with it. */
async function withSeat(
  context: ServerContext,
  work: (seat: Seat) => Promise<Response>,
): Promise<Response> {
  const seat = context.sessions.open();
  if (seat === null) return capacityResponse(context);
  try {
    return await work(seat);
  } finally {
    context.sessions.close(seat.id);
  }
}

/** Sessions that a socket is attached to. */
const attached = new WeakSet<Seat>();

/** A session of the socket's own, or the one that `?session_id=` names (created by way of `/mcp`). */
function sessionService(context: ServerContext, { request }: Call): SocketService | string {
  const { sessions } = context;
  const named = new URL(request.url).searchParams.get("session_id");
  const seat = named === null ? sessions.open() : sessions.get(named);
  if (seat === null && named === null) {
    const { open: active_sessions, capacity: max_sessions } = sessions.counts;
    const message = capacityMessage(sessions);
    return errorText("CAPACITY_REACHED", message, { active_sessions, max_sessions });
  }
  if (seat === null) return errorText("SESSION_ERROR", `Unknown session_id: ${named}`);
  if (attached.has(seat)) {
    return errorText("SESSION_ERROR", "Cannot attach as the session has a WebSocket");
  }
  attached.add(seat);
  return {
    closed: seat.closed,
    answer: async (text) => {
      seat.touch();
      const reply = await answered(context, seat, text);
      seat.touch();
      return reply;
    },
    onGone: () => {
      attached.delete(seat);
      if (named === null) sessions.close(seat.id);
    },
  };
}

/** The answer to one message; null to `close`. */
async function answered(context: ServerContext, seat: Seat, text: string): Promise<string | null> {
  let json: unknown;
  try {
    json = parsedJson(text);
  } catch (error) {
    return errorText("INVALID_JSON", (error as Error).message);
  }
  try {
    const { type, data } = fitting(SOCKET_MESSAGE, json);
    switch (type) {
      case "reset":
        return messageText("observation", await reset(seat, episodeChoice(data)));
      case "step":
        return messageText("observation", await stepped(context, seat, clientAction(data)));
      case "state":
        return messageText("state", stateOf(seat.episode));
      case "mcp":
        return messageText("mcp", await mcpAnswer(context, data, seat));
      case "close":
        return null;
      default:
        return errorText("UNKNOWN_TYPE", `Unknown message type: ${type}`);
    }
  } catch (error) {
    if (!(error instanceof Refusal)) {
      console.error(error);
      return errorText("EXECUTION_ERROR", "internal error");
    }
    return errorText(error.status === 422 ? "VALIDATION_ERROR" : "EXECUTION_ERROR", error.message);
  }
}

function messageText(type: string, data: unknown): string {
  return JSON.stringify({ type, data });
}

function errorText(code: string, message: string, details: object = {}): string {
  return messageText("error", { message, code, ...details });
}

// Metadata stands beside the observation, never in it: clients show the model all that is in there.
async function reset(seat: Seat, choice: EpisodeChoice) {
  const episode = await seat.begin(choice);
  const { id, prompt, split, example, seed } = episode;
  return {
    // No tools beside them: MCPToolClient takes an observation with tools for no more than their list.
    observation: { messages: prompt },
    reward: null,
    done: false,
    metadata: {
      episode_id: id,
      ...{ split, example_id: example.id, database_id: example.database.id },
      ...{ difficulty: example.difficulty, seed },
    },
  };
}

/** @param action Null asks for the tools, for which there need be no episode. */
async function stepped(context: ServerContext, seat: Seat, action: ClientAction | null) {
  if (action === null) {
    const tools = toolsOf(context.environment.task).map(({ name, description, parameters }) => ({
      ...{ name, description, input_schema: parameters },
    }));
    return { observation: { tools }, reward: null, done: false };
  }
  const { episode } = seat;
  if (episode === null) {
    throw new Refusal(409, "Cannot take a step as no episode has begun: reset first");
  }
  const outcome = await episode.step(action);
  const { reward, done, metadata } = outcome;
  return { observation: observationOf(action, outcome), reward, done, metadata };
}

function observationOf(action: ClientAction, { observation, done, metadata }: StepOutcome) {
  if ("text" in action) {
    return { messages: done ? [] : [{ role: "tool", content: observation }] };
  }
  const { violation } = metadata;
  const error = violation &&
    { error_type: ERROR_TYPES[violation] ?? "execution_error", message: observation };
  return { tool_name: action.tool, result: observation, error };
}

/** What OpenEnv calls a call that is no step of the task; SQL that fails is a result. */
const ERROR_TYPES: Readonly<Record<string, string>> = {
  unknown_tool: "tool_not_found",
  bad_arguments: "invalid_args",
  bad_answer: "invalid_args",
};

function stateOf(episode: EnvSession | null) {
  if (episode === null) return { episode_id: null, step_count: 0 };
  const { id, stepCount, split, example, seed, result } = episode;
  return {
    ...{ episode_id: id, step_count: stepCount, split, example_id: example.id, seed },
    done: result !== null,
    result,
  };
}
