/**
 * One model of an OpenAI-compatible server: what the server does not know is left out, what was
 * answered before is not asked again, and what is used is counted.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { Client, type ClientSettings, EndpointError, type Refusal } from "./client.ts";
import { Limit } from "./limit.ts";
import { EXTRAS, isContextFull, refusalText, refusedFields } from "./refusal.ts";
import type { Usage } from "./usage.ts";
import { type Answer, CONTEXT_IS_FULL, readChat, readCompletion, readModels } from "./wire.ts";

/** Answers that were given before, by a hash of the whole request. */
export interface AnswerCache {
  /** Null where it is not known. */
  get(key: string): string | null;
  put(key: string, answer: string): void;
}

/** A served model, and how it is asked. */
export interface EndpointSettings extends Omit<ClientSettings, "onFailedTry"> {
  /** Its name there. */
  readonly model: string;
  /** Requests at a time. */
  readonly concurrency: number;
  /** Null keeps no answers. */
  readonly cache: AnswerCache | null;
  /** Told what is used, as it is used. */
  readonly count?: (usage: Partial<Usage>) => void;
}

/** The fields of a request; with the address, all that its answer depends on. */
export type RequestBody = Readonly<Record<string, unknown>>;

/** The two ways to be answered. */
export type Api = "chat/completions" | "completions";

/** Of the form in which answers are kept; goes up with a change of {@linkcode Answer}. */
const ANSWER_VERSION = 1;

/** Asks one model of a server. */
export class Endpoint implements Disposable {
  readonly #settings: EndpointSettings;
  readonly #client: Client;
  readonly #limit: Limit;
  readonly #refused = new Set<string>();
  /** Whether a request was accepted, after which a refusal has nothing to do with extras. */
  #isSettled = false;
  #ready: Promise<void> | null = null;

  /** @throws {RangeError} If the base URL is no plain address of HTTP. */
  constructor(settings: EndpointSettings) {
    this.#settings = settings;
    this.#client = new Client({ ...settings, onFailedTry: () => this.#count({ failed_tries: 1 }) });
    this.#limit = new Limit(settings.concurrency);
  }

  /** The model's name. */
  get model(): string {
    return this.#settings.model;
  }

  /** Fields of requests that the server refused and that are left out since. */
  get refused(): readonly string[] {
    return [...this.#refused].sort();
  }

  /**
   * Makes sure, once, that the server is there and serves the model. A server that keeps no list of its
   * models is taken at its word.
   *
   * @throws {EndpointError} If it is not, or does not.
   */
  ready(): Promise<void> {
    return this.#ready ??= this.#checkModel().catch((error) => this.#client.fail(error));
  }

  /**
   * Asks for one answer. What was answered before is taken from the cache, if there is one, and the
   * server is not even looked for.
   *
   * @throws {EndpointError} If there is none, or another request failed for good.
   */
  async ask(api: Api, body: RequestBody): Promise<Answer> {
    const { cache } = this.#settings;
    const key = this.#key(api, body);
    const known = cache?.get(key);
    if (known) {
      const answer: Answer = JSON.parse(known);
      this.#count({ ...countsOf(answer), cached_answers: 1 });
      return answer;
    }
    const answer = await this.#limit.run(() => this.#asked(api, body));
    cache?.put(key, JSON.stringify(answer));
    this.#count({ ...countsOf(answer), ...tokenCountsOf(answer) });
    return answer;
  }

  /** Gives up what is still asked for. */
  [Symbol.dispose](): void {
    this.#client[Symbol.dispose]();
  }

  #count(usage: Partial<Usage>): void {
    this.#settings.count?.(usage);
  }

  /** Of the request as it was meant, whatever has to be left out for the server. */
  #key(api: Api, body: RequestBody): string {
    const request = `${ANSWER_VERSION} ${this.#client.url(api)} ${JSON.stringify(body)}`;
    return createHash("sha256").update(request).digest("hex");
  }

  async #checkModel(): Promise<void> {
    const told = await this.#client.request("models", { read: readModels });
    if (told.kind === "refusal") {
      if ([404, 405, 501].includes(told.status)) return;
      throw this.#refusal("models", told);
    }
    if (told.value.includes(this.model)) return;
    throw new EndpointError(
      `Cannot ask model "${this.model}" as the endpoint must serve it: ${
        this.#client.url("models")
      } lists ${told.value.join(", ") || "none"}`,
    );
  }

  async #asked(api: Api, body: RequestBody): Promise<Answer> {
    await this.ready();
    try {
      return await this.#negotiated(api, body);
    } catch (error) {
      return this.#client.fail(error);
    }
  }

  /** Asks again without what the server refuses, until there is nothing left to do without. */
  async #negotiated(api: Api, asked: RequestBody): Promise<Answer> {
    const read = api === "completions" ? readCompletion : readChat;
    let wanted = asked;
    for (;;) {
      const body = this.#accepted(wanted);
      const isFinal = (text: string) =>
        isContextFull(text) || this.#refusedBy({ status: 500, text }, body).length > 0;
      const told = await this.#client.request(api, { body, read, isFinal });
      if (told.kind === "read") {
        this.#isSettled = true;
        return told.value;
      }
      if (isContextFull(told.text)) {
        // Many servers refuse a prompt that fits, with less room after it than `max_tokens`.
        if (!("max_tokens" in wanted)) return CONTEXT_IS_FULL;
        const { max_tokens: _, ...open } = wanted;
        wanted = open;
      } else if (!this.#learns(told, body)) throw this.#refusal(api, told);
    }
  }

  /** The request without what the server is known to refuse. */
  #accepted(body: RequestBody): RequestBody {
    const fields = Object.entries(body).flatMap(([field, value]) => {
      if (!this.#refused.has(field)) return [[field, value]];
      // The name that OpenAI's newer models insist on.
      return field === "max_tokens" ? [["max_completion_tokens", value]] : [];
    });
    return Object.fromEntries(fields);
  }

  /** Whether a refusal was of something that the next request leaves out. */
  #learns(refusal: Refusal, sent: RequestBody): boolean {
    // It was sent before another request found out.
    if (Object.keys(sent).some((field) => this.#refused.has(field))) return true;
    const fields = this.#refusedBy(refusal, sent);
    for (const field of fields) this.#refused.add(field);
    return fields.length > 0;
  }

  #refusedBy({ status, text }: Omit<Refusal, "kind">, sent: RequestBody): readonly string[] {
    if (this.#isSettled) return [];
    if ("max_tokens" in sent && /\bmax_completion_tokens\b/.test(text)) return ["max_tokens"];
    return refusedFields(status, text, EXTRAS.filter((field) => field in sent));
  }

  #refusal(path: string, { status, text }: Refusal): EndpointError {
    return new EndpointError(
      `Cannot ask the endpoint as it must accept the request: ${this.#client.url(path)}: ` +
        `HTTP ${status}: ${refusalText(text)}${ADVICE.get(status) ?? ""}`,
    );
  }
}

const ADVICE: ReadonlyMap<number, string> = new Map([
  [401, "; --api-key-env names the variable that holds the key"],
  [404, "; a base URL usually ends in a version, such as /v1"],
]);

function countsOf({ tokens }: Answer): Partial<Usage> {
  return { answers: 1, answers_with_tokens: Number(tokens !== null) };
}

function tokenCountsOf({ counts, finish }: Answer): Partial<Usage> {
  return {
    answers_without_usage: Number(counts === null && finish !== "context"),
    prompt_tokens: counts?.prompt ?? 0,
    cached_prompt_tokens: counts?.cachedPrompt ?? 0,
    completion_tokens: counts?.completion ?? 0,
  };
}
