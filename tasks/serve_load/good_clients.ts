/**
 * Clients that do as they should, over OpenEnv's WebSocket and the Open Reward Standard, and check that
 * each of them sees its own question, its own query's result and its own reward.
 *
 * @module
 */

import { actionText } from "../../src/env/parse.ts";

/** The server. */
export interface Target {
  readonly url: string;
  readonly token: string;
}

/** A question of the split, with its right answer. */
export interface Question {
  readonly index: number;
  readonly text: string;
  readonly gold: string;
}

/** What good clients saw. */
export interface GoodRecord {
  /** Milliseconds from a step's request to its answer. */
  readonly stepMs: number[];
  /** Milliseconds from the request for an episode to its prompt. */
  readonly beginMs: number[];
  episodes: number;
  /** Times that a client was told to come again. */
  refusals: number;
  /** What should not have been. */
  readonly wrong: string[];
}

export function emptyRecord(): GoodRecord {
  return { stepMs: [], beginMs: [], episodes: 0, refusals: 0, wrong: [] };
}

/** What came of a step. */
interface Seen {
  readonly text: string;
  readonly reward: number;
  readonly done: boolean;
}

/** One episode under way. */
interface Episode {
  readonly prompt: string;
  /** Takes a step: a query, or the answer. */
  step(tool: "execute_sql" | "submit_answer", sql: string): Promise<Seen>;
}

/** Runs episodes on questions, one after the other, over one WebSocket. */
export async function socketClient(
  { url, token }: Target,
  questions: readonly Question[],
  record: GoodRecord,
): Promise<void> {
  const socket = await JsonSocket.open(`${url}/ws`, token);
  try {
    for (const question of questions) {
      await checkedEpisode(question, record, async () => {
        const { data } = await socket.ask({
          type: "reset",
          data: { split: "train", index: question.index },
        });
        const prompt = contents(data.observation.messages);
        return { prompt, step: (tool, sql) => socketStep(socket, tool, sql) };
      });
    }
  } finally {
    socket.close();
  }
}

async function socketStep(
  socket: JsonSocket,
  tool: "execute_sql" | "submit_answer",
  sql: string,
): Promise<Seen> {
  const action = tool === "submit_answer"
    ? { kind: "answer" as const, reasoning: "So.", sql }
    : { kind: "toolCall" as const, reasoning: "Look.", tool, arguments: { sql }, sql };
  const message = actionText(action, "sql");
  const { data } = await socket.ask({ type: "step", data: { message } });
  return { text: contents(data.observation.messages), reward: data.reward, done: data.done };
}

const contents = (messages: { content: string }[]) =>
  messages.map(({ content }) => content).join("\n");

/** For `fetch`: no connection is kept for the next request, so that what the server holds is its own. */
export const HTTP = { client: Deno.createHttpClient({ poolMaxIdlePerHost: 0 }) };

/** Of the environment that the fixture data is served as. */
const NAME = "finestep_bird";

/** Runs episodes on questions, each a session of the Open Reward Standard. */
export async function orsClient(
  { url, token }: Target,
  questions: readonly Question[],
  record: GoodRecord,
): Promise<void> {
  for (const question of questions) {
    const sid = crypto.randomUUID();
    const ask = (method: string, path: string, body?: unknown) =>
      fetch(`${url}${path}`, {
        ...{ ...HTTP, method, body: body === undefined ? undefined : JSON.stringify(body) },
        headers: { "x-api-key": token, "x-session-id": sid },
      });
    await checkedEpisode(question, record, async () => {
      const place = { split: "train", index: question.index };
      let created = await ask("POST", "/create", place);
      while (created.status === 503) {
        record.refusals++;
        await created.body?.cancel();
        await new Promise((resolve) => setTimeout(resolve, 200));
        created = await ask("POST", "/create", place);
      }
      await created.json();
      const blocks = await (await ask("GET", `/${NAME}/prompt`)).json();
      const prompt = blocks.map(({ text }: { text: string }) => text).join("\n");
      return {
        prompt,
        step: async (tool, sql) => {
          const input = tool === "submit_answer" ? { answer: sql } : { sql };
          const stream = await (await ask("POST", `/${NAME}/call`, { name: tool, input })).text();
          const json = stream.match(/(?<=^event: (?:chunk|end)\ndata: ).*$/gm)!.join("");
          const { blocks, reward, finished } = JSON.parse(json).output;
          return { text: blocks[0]?.text ?? "", reward, done: finished };
        },
      };
    });
    await (await ask("POST", "/delete")).body?.cancel();
  }
}

/** Looks twice, then answers, every other time wrongly; writes down what is not as it should be. */
async function checkedEpisode(
  { index, text, gold }: Question,
  record: GoodRecord,
  begin: () => Promise<Episode>,
): Promise<void> {
  const mark = crypto.randomUUID();
  const isRight = index % 2 === 0;
  const expect = (holds: boolean, what: string) => {
    if (!holds) record.wrong.push(`question ${index}: ${what}`);
  };
  try {
    const { prompt, step } = await timed(record.beginMs, begin);
    expect(prompt.endsWith(text), `the prompt is of another question: ${prompt.slice(-200)}`);
    const marked = await timed(
      record.stepMs,
      () => step("execute_sql", `SELECT '${mark}' AS mark`),
    );
    expect(`${marked.text.match(UUID)}` === mark, `its query gave ${marked.text}`);
    expect(marked.reward === 0 && !marked.done, "a query ended it, or earned something");
    await timed(record.stepMs, () => step("execute_sql", gold));
    const answer = isRight ? gold : `SELECT '${mark}'`;
    const last = await timed(record.stepMs, () => step("submit_answer", answer));
    expect(last.done, "the answer did not end it");
    expect(last.reward === (isRight ? 1 : 0), `the answer earned ${last.reward}`);
    record.episodes++;
  } catch (error) {
    expect(false, `${error}`);
  }
}

const UUID = /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/g;

async function timed<T>(times: number[], work: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const result = await work();
  times.push(performance.now() - began);
  return result;
}

/** A WebSocket on which each message is answered. */
export class JsonSocket {
  readonly #socket: WebSocket;
  #answer = Promise.withResolvers<string>();
  #ending: Error | null = null;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#answer.resolve(data);
    socket.onclose = ({ code, reason }) => {
      this.#ending = new Error(`closed with ${code} ${reason}`);
      this.#answer.promise.catch(() => {});
      this.#answer.reject(this.#ending);
    };
  }

  static async open(url: string, token: string): Promise<JsonSocket> {
    const socket = new WebSocket(url.replace(/^http/, "ws"), {
      headers: { Authorization: `Bearer ${token}` },
    });
    const opened = Promise.withResolvers<void>();
    socket.onopen = () => opened.resolve();
    socket.onerror = (event) => opened.reject(new Error((event as ErrorEvent).message));
    const client = new JsonSocket(socket);
    await opened.promise;
    socket.onerror = () => {};
    return client;
  }

  // deno-lint-ignore no-explicit-any
  async ask(message: unknown): Promise<any> {
    if (this.#ending) throw this.#ending;
    this.#answer = Promise.withResolvers();
    this.#socket.send(JSON.stringify(message));
    const answer = JSON.parse(await this.#answer.promise);
    if (answer.type === "error") throw new Error(`${answer.data.code}: ${answer.data.message}`);
    return answer;
  }

  close(): void {
    this.#socket.close();
  }
}
