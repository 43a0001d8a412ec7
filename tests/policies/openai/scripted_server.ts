/**
 * An OpenAI-compatible server that does what a test tells it to, failures included.
 *
 * @module
 */

/** What a request was. */
export interface Asked {
  /** Below the base URL, for instance `chat/completions`. */
  readonly path: string;
  // deno-lint-ignore no-explicit-any
  readonly body: any;
  readonly headers: Headers;
  /** Requests of the same path before it. */
  readonly count: number;
}

/** Answers a request; null never answers. */
export type Script = (asked: Asked) => Response | null | Promise<Response | null>;

/** The model that it serves. */
export const MODEL = "scripted-model";

/** Serves a script on a port of its own; lists {@linkcode MODEL} where the script is not asked. */
export class ScriptedServer implements AsyncDisposable {
  /** Every request but those for the list of models. */
  readonly asked: Asked[] = [];
  /** How often the list of models was asked for. */
  listed = 0;
  /** What it does now. */
  script: Script;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #never: PromiseWithResolvers<Response> = Promise.withResolvers();

  /** @param models Answers the request for the list of models. */
  constructor(script: Script, models: () => Response = () => listOf(MODEL)) {
    this.script = script;
    const options = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
    this.#server = Deno.serve(options, async (request) => {
      const path = new URL(request.url).pathname.replace("/v1/", "");
      if (path === "models") {
        this.listed++;
        return models();
      }
      const count = this.asked.filter((asked) => asked.path === path).length;
      const asked = { path, body: await request.json(), headers: request.headers, count };
      this.asked.push(asked);
      return await this.script(asked) ?? await this.#never.promise;
    });
  }

  get baseUrl(): string {
    return `http://127.0.0.1:${this.#server.addr.port}/v1`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#never.resolve(new Response());
    await this.#server.shutdown();
  }
}

/** A list of models. */
export function listOf(...names: readonly string[]): Response {
  return Response.json({ object: "list", data: names.map((id) => ({ id, object: "model" })) });
}

/** A whole answer of `chat/completions`. */
export function said(
  content: string | null,
  { message = {}, choice = {}, ...more }: {
    readonly message?: object;
    readonly choice?: object;
    readonly [field: string]: unknown;
  } = {},
): Response {
  return Response.json({
    choices: [{
      index: 0,
      message: { role: "assistant", content, ...message },
      finish_reason: "stop",
      ...choice,
    }],
    usage: { prompt_tokens: 100, completion_tokens: 10 },
    ...more,
  });
}

/** An answer of `completions`. */
export function completed(text: string, choice: object = {}): Response {
  return Response.json({ choices: [{ text, finish_reason: "stop", ...choice }] });
}

/** A refusal in OpenAI's form. */
export function refusal(
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
  code: string | null = null,
): Response {
  return Response.json({ error: { message, code } }, { status, headers });
}

/** An answer that ends before the length that it announces. */
export function cutOff(): Response {
  const body = new Blob(['{"choices": [{"message"']).stream();
  return new Response(body, { headers: { "content-length": "1000" } });
}
