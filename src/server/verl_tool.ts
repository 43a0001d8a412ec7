/**
 * verl-tool's tool server: a batch of actions for trajectories that its client names
 * (TIGER-AI-Lab/verl-tool, verl_tool/servers/serve.py). The client writes the prompts itself, so the
 * first action of a trajectory says which question it is of.
 *
 * @module
 */

import { jsonBody } from "./limits.ts";
import { Refusal } from "./refusal.ts";
import { capacityResponse, type Route, type ServerContext } from "./route.ts";
import type { Seat } from "./sessions.ts";
import { episodeChoice, fitting, OBSERVATION_BODY } from "./wire.ts";

/** What one action of a batch gives. */
interface Observation {
  readonly observation: string | Readonly<Record<string, unknown>>;
  readonly done: boolean;
  readonly valid: boolean;
}

/** One action of a batch. */
interface BatchAction {
  readonly id: string;
  readonly text: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** What the end of a trajectory gives. */
const ENDED: Observation = { observation: "", done: true, valid: false };

/** The one route, with the trajectories that are under way. */
export function verlToolRoutes(context: ServerContext): Route[] {
  const trajectories = new Map<string, Seat>();
  return [{
    protocol: "verl-tool",
    method: "POST",
    path: "/get_observation",
    summary: "a batch of actions",
    handle: async ({ request }) => {
      const actions = batchActions(await jsonBody(request));
      const seats = seatsOf(actions, trajectories, context);
      if (seats === null) return capacityResponse(context);
      const observations = await Promise.all(
        actions.map((action, n) => observed(action, seats[n], context)),
      );
      return Response.json({
        observations: observations.map(({ observation }) => observation),
        dones: observations.map(({ done }) => done),
        valids: observations.map(({ valid }) => valid),
      });
    },
  }];
}

function batchActions(body: unknown): BatchAction[] {
  const { trajectory_ids: ids, actions, extra_fields, finish } = fitting(OBSERVATION_BODY, body);
  if (ids.length !== actions.length) {
    throw new Refusal(
      400,
      `Cannot act as each trajectory must have an action: ${ids.length} have ${actions.length}`,
    );
  }
  return actions.map((text, n) => {
    const { extra_info, ...fields } = extra_fields?.[n] ?? {};
    const isEnd = finish?.[n] ?? fields.finish;
    return {
      id: String(ids[n]),
      text,
      fields: { ...Object(extra_info), ...fields, finish: isEnd },
    };
  });
}

/** A session for each action that needs one; null, and none opened, where there is no room for all. */
function seatsOf(
  actions: readonly BatchAction[],
  trajectories: Map<string, Seat>,
  { sessions }: ServerContext,
): (Seat | null)[] | null {
  const opened: Seat[] = [];
  const seats: (Seat | null)[] = [];
  for (const { id, fields } of actions) {
    const known = trajectories.get(id);
    if (known !== undefined || fields.finish === true) {
      known?.touch();
      seats.push(known ?? null);
      continue;
    }
    const seat = sessions.open();
    if (seat === null) {
      for (const { id } of opened) sessions.close(id);
      return null;
    }
    opened.push(seat);
    seats.push(seat);
    trajectories.set(id, seat);
    seat.closed.addEventListener("abort", () => trajectories.delete(id));
  }
  return seats;
}

async function observed(
  { text, fields }: BatchAction,
  seat: Seat | null,
  { sessions }: ServerContext,
): Promise<Observation> {
  if (seat === null) return ENDED;
  if (fields.finish === true) {
    sessions.close(seat.id);
    return ENDED;
  }
  try {
    const episode = seat.episode ?? await seat.begin(namedChoice(fields));
    const { observation, reward, done, metadata } = await episode.step({ text: closed(text) });
    seat.touch();
    if (done) sessions.close(seat.id);
    const valid = metadata.violation === null;
    return { observation: { obs: observation, reward, metadata }, done, valid };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (seat.episode === null) sessions.close(seat.id);
    return { observation: { obs: "", invalid_reason: error.message }, done: true, valid: false };
  }
}

function namedChoice(fields: Readonly<Record<string, unknown>>) {
  const choice = episodeChoice(fields);
  if (choice.exampleId !== undefined || choice.index !== undefined) return choice;
  throw new Refusal(
    422,
    "Cannot begin a trajectory as its first extra_fields must have example_id or index",
  );
}

/** verl-tool cuts a message off where its stop text begins, which is the tag that closes the action. */
function closed(text: string): string {
  const opened = Math.max(text.lastIndexOf("<tool_call>"), text.lastIndexOf("<answer>"));
  if (opened < 0) return text;
  const action = text.slice(opened);
  const closing = action.slice(0, action.indexOf(">") + 1).replace("<", "</");
  return action.includes(closing) ? text : text + closing;
}
