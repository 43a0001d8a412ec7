/**
 * A session on a Tinker server: what keeps models there alive, and makes new ones.
 *
 * @module
 */

import { RemoteModel, type RemoteModelOptions } from "./remote_model.ts";
import { Transport, type TransportOptions, unlessRefused } from "./transport.ts";
import { ANYTHING, CAPABILITIES, MODEL, SESSION, WEIGHTS_INFO } from "./wire.ts";

/** The SDK's; a server forgets a session after minutes of silence. */
const HEARTBEAT_MS = 10_000;

/** A server that is there answers its first question at once; one that is not is no reason to wait long. */
const FIRST_ANSWER_MS = 10_000;

/** Longest wait for a model to be unloaded, on which nothing depends. */
const UNLOAD_MS = 5_000;

/** The adapters that a model is made with. */
export interface AdapterOptions {
  readonly rank: number;
  /** Of the adapters' first values. */
  readonly seed: number;
}

interface Opening {
  readonly baseModel: string;
  readonly heartbeatMs: number;
}

/** A session; disposing of it ends its heartbeat and its requests. */
export class Session implements AsyncDisposable {
  readonly transport: Transport;
  readonly #id: string;
  readonly #baseModel: string;
  readonly #heartbeat: ReturnType<typeof setInterval>;
  readonly #models = new Set<RemoteModel>();
  #modelCount = 0;

  private constructor(transport: Transport, id: string, { baseModel, heartbeatMs }: Opening) {
    this.transport = transport;
    this.#id = id;
    this.#baseModel = baseModel;
    this.#heartbeat = setInterval(() => this.#beat(heartbeatMs), heartbeatMs);
    // Nothing more to do ends the program, also with a session open.
    this.#heartbeat.unref();
  }

  /**
   * Opens a session.
   *
   * @param baseModel The server's name of the model; empty for the only one it has.
   * @param heartbeatMs Between signs of life, in ms.
   * @throws {TinkerError} If the server does not answer or refuses.
   * @throws {RangeError} If the model is not one of the server's, or it has several and none is named.
   */
  static async open(
    options: TransportOptions,
    baseModel: string,
    heartbeatMs = HEARTBEAT_MS,
  ): Promise<Session> {
    const transport = new Transport(options);
    const name = await chosenModel(transport, baseModel);
    const id = await transport.post("create_session", {
      tags: ["finestep"],
      user_metadata: null,
      sdk_version: "finestep",
      type: "create_session",
    }, SESSION);
    return new Session(transport, id, { baseModel: name, heartbeatMs });
  }

  /** The server's name of the model. */
  get baseModel(): string {
    return this.#baseModel;
  }

  /** Makes a model with new adapters, which is as the base model until it learns. */
  async createModel(
    { rank, seed }: AdapterOptions,
    options: RemoteModelOptions,
  ): Promise<RemoteModel> {
    const body = {
      session_id: this.#id,
      model_seq_id: this.#modelCount++,
      base_model: this.#baseModel,
      lora_config: { rank, seed },
      type: "create_model",
    };
    const id = await this.transport.result("create_model", body, MODEL);
    const model = new RemoteModel(this.transport, id, options);
    this.#models.add(model);
    return model;
  }

  /**
   * Frees a model's place on the server. A server that cannot be reached, or has lost the model, has
   * nothing to free; one that needs it later says so itself.
   */
  async unload(model: RemoteModel): Promise<void> {
    this.#models.delete(model);
    const body = { model_id: model.id, type: "unload_model" };
    const manner = { timeoutMs: UNLOAD_MS, isAside: true };
    await this.transport.result("unload_model", body, ANYTHING, manner).catch(() => {});
  }

  /**
   * Checks that what was saved is of the model that this session is for: adapters of another one with
   * the same shapes would be loaded without a word. Servers that do not tell are believed.
   *
   * @throws {RangeError} If it is of another.
   */
  async checkSaved(path: string): Promise<void> {
    const saved = await unlessRefused(() =>
      this.transport.post("weights_info", { tinker_path: path }, WEIGHTS_INFO)
    );
    if (saved === null || saved === this.#baseModel) return;
    throw new RangeError(
      `Cannot go on from ${path} as the server's model must be the one that was trained, ${saved}: it is ${this.#baseModel}`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#heartbeat);
    await Promise.all([...this.#models].map((model) => this.unload(model)));
    this.transport[Symbol.dispose]();
  }

  #beat(timeoutMs: number): void {
    const body = { session_id: this.#id, type: "session_heartbeat" };
    // One that is lost is followed by others; a session that is lost is told by the next request.
    const manner = { timeoutMs, isAside: true };
    this.transport.post("session_heartbeat", body, ANYTHING, manner).catch(() => {});
  }
}

async function chosenModel(transport: Transport, wanted: string): Promise<string> {
  const manner = { timeoutMs: FIRST_ANSWER_MS };
  const names = await transport.get("get_server_capabilities", CAPABILITIES, manner);
  const name = wanted === "" && names.length === 1 ? names[0] : wanted;
  if (names.includes(name)) return name;
  throw new RangeError(
    `Cannot use ${transport.url} as "--base-model" must be one of its models, ${
      names.join(", ")
    }: it is "${wanted}"`,
  );
}
