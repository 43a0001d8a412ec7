/**
 * A Tinker server over a small model, with the habits of any of the servers that there are, and with
 * faults on demand. It keeps what SkyRL's keeps: checkpoints outlive a restart, models do not.
 *
 * @module
 */

import { Rng } from "../../../src/config/rng.ts";
import { cutOff } from "../../policies/openai/scripted_server.ts";
import type { AdamParams, Piece, ServedModel } from "./served_models.ts";
import {
  passMessage,
  passOfJson,
  passOfMessage,
  type PassRequest,
  sampleMessage,
} from "./server_messages.ts";

/** What a server does in its own way. */
export interface Habits {
  readonly wire: "protobuf" | "json";
  readonly reduction: "sum" | "sequence-sum-mean" | "sequence-mean" | "token-mean";
  readonly accumulation: "joint" | "added" | "last request only";
  readonly losses: readonly string[];
  /** What becomes of the settings of a step. */
  readonly adam: (adam: AdamParams) => AdamParams;
  /** Added to all logprobs of a pass, given the count of passes. */
  readonly noise: (pass: number) => number;
  /** Whether a step tells its gradient's norm. */
  readonly tellsNorms: boolean;
  readonly repeatsSeeds: boolean;
  readonly givesStopToken: boolean;
  /** What it says that saved weights are of. */
  readonly savedModel: string;
  /** What answers a request for an archive. */
  readonly archive: (() => Response) | null;
}

/** SkyRL 0.4.0 with the JAX backend. */
export const SKYRL: Habits = {
  wire: "protobuf",
  reduction: "sequence-mean",
  accumulation: "joint",
  losses: ["cross_entropy", "importance_sampling", "ppo", "cispo"],
  adam: (adam) => ({ ...adam, grad_clip_norm: 0 }),
  noise: () => 0,
  tellsNorms: true,
  repeatsSeeds: true,
  givesStopToken: true,
  savedModel: "tiny",
  archive: null,
};

/** A request as it came. */
export interface Asked {
  readonly path: string;
  // deno-lint-ignore no-explicit-any
  readonly body: any;
  readonly headers: Headers;
  /** Requests of this path before it. */
  readonly count: number;
}

/** What is answered instead; `lost` after the work was done; null for the right answer. */
export type Fault = (asked: Asked) => Response | "lost" | null;

/** A failure that the server tells of. */
class Refusal extends Error {
  constructor(readonly status: number, detail: string) {
    super(detail);
  }
}

interface Loaded {
  readonly model: ServedModel;
  readonly requests: Map<number, { readonly body: string; readonly promise: string }>;
  /** By request since the last step. */
  accumulated: { readonly weight: number; readonly piece: Piece }[][];
  requestCount: number;
}

/** Checkpoints by path. */
export type Checkpoints = Map<string, unknown>;

let idCount = 0;

/** Listens on a port of its own until it is disposed of. */
export class TinkerServer implements AsyncDisposable {
  readonly asked: Asked[] = [];
  fault: Fault = () => null;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #make: () => Promise<ServedModel>;
  readonly #habits: Habits;
  readonly #checkpoints: Checkpoints;
  readonly #models = new Map<string, Loaded>();
  readonly #futures = new Map<string, Promise<Response>>();
  readonly #samplers = new Map<string, { id: string; state: unknown }>();
  #passCount = 0;

  constructor(
    make: () => Promise<ServedModel>,
    habits: Partial<Habits> = {},
    checkpoints: Checkpoints = new Map(),
  ) {
    this.#make = make;
    this.#habits = { ...SKYRL, ...habits };
    this.#checkpoints = checkpoints;
    const options = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
    this.#server = Deno.serve(options, (request) => this.#answer(request));
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  /** Paths of the requests so far, polls left out. */
  get paths(): string[] {
    return this.asked.map(({ path }) => path).filter((path) => path !== "retrieve_future");
  }

  /** Models that are loaded. */
  get modelCount(): number {
    return this.#models.size;
  }

  /** Forgets what a new process would not know. */
  async restart(): Promise<void> {
    for (const id of [...this.#models.keys()]) await this.#unloaded(id);
    this.#samplers.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
    await this.restart();
  }

  async #answer(request: Request): Promise<Response> {
    const path = new URL(request.url).pathname.replace("/api/v1/", "");
    const isMessage = request.headers.get("content-type") === "application/x-protobuf";
    const bytes = await request.bytes();
    const body = isMessage || bytes.length === 0
      ? bytes
      : JSON.parse(new TextDecoder().decode(bytes));
    const count = this.asked.filter((asked) => asked.path === path).length;
    const asked = { path, body, headers: request.headers, count };
    this.asked.push(asked);
    const fault = this.fault(asked);
    if (fault instanceof Response) return fault;
    try {
      const answer = await this.#handle(path, body);
      return fault === "lost" ? cutOff() : answer;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return Response.json({ detail: error.message }, { status: error.status });
    }
  }

  // deno-lint-ignore no-explicit-any
  #handle(path: string, body: any): Response | Promise<Response> {
    switch (path) {
      case "get_server_capabilities":
        return Response.json({ supported_models: [{ model_name: "tiny" }] });
      case "create_session":
        return Response.json({ session_id: "session_1" });
      case "session_heartbeat":
        return Response.json({ type: "session_heartbeat" });
      case "retrieve_future":
        return this.#retrieved(body.request_id);
      case "create_model":
        return this.#promised(() => this.#created());
      case "unload_model":
        return this.#promised(() => this.#unloaded(body.model_id));
      case "forward":
      case "forward_backward":
        return this.#pass(path, body);
      case "optim_step":
        return this.#once(
          body.model_id,
          body.seq_id,
          JSON.stringify(body),
          (loaded) => this.#step(loaded, body.adam_params),
        );
      case "save_weights":
        return this.#saved(body, (checkpoint) => `tinker://${body.model_id}/weights/${checkpoint}`);
      case "load_weights":
        return this.#loadedFrom(body);
      case "weights_info":
        return Response.json({ base_model: this.#habits.savedModel, is_lora: true, lora_rank: 1 });
      case "save_weights_for_sampler":
        return this.#savedForSampler(body);
      case "asample":
        return this.#sampled(body);
    }
    if (path.endsWith("/archive") && this.#habits.archive) {
      return this.#habits.archive();
    }
    throw new Refusal(404, "Not Found");
  }

  #retrieved(id: string): Promise<Response> {
    const future = this.#futures.get(id);
    if (!future) throw new Refusal(404, "Future not found");
    return future.then((response) => response.clone());
  }

  #promised(work: () => Promise<Response>): Response {
    const id = String(++idCount);
    this.#futures.set(
      id,
      work().catch((error) => {
        if (!(error instanceof Refusal)) throw error;
        return Response.json({ detail: error.message }, { status: error.status });
      }),
    );
    return Response.json({ request_id: id, status: "pending" });
  }

  async #created(): Promise<Response> {
    const id = `model_${++idCount}`;
    const model = await this.#make();
    this.#models.set(id, { model, requests: new Map(), accumulated: [], requestCount: 0 });
    return Response.json({ model_id: id, base_model: "tiny" });
  }

  async #unloaded(id: string): Promise<Response> {
    await this.#models.get(id)?.model[Symbol.asyncDispose]();
    this.#models.delete(id);
    return Response.json({});
  }

  #model(id: string): Loaded {
    const loaded = this.#models.get(id);
    if (!loaded) throw new Refusal(400, `Model ${id} not loaded`);
    return loaded;
  }

  /** Work under a number that counts once: the same request again has the same promise. */
  #once(
    modelId: string,
    sequenceId: number,
    body: string,
    work: (loaded: Loaded) => Promise<Response>,
  ): Response {
    const loaded = this.#model(modelId);
    const known = loaded.requests.get(sequenceId);
    if (known && known.body !== body) {
      throw new Refusal(409, "Training request sequence number was reused");
    }
    if (known) return Response.json({ request_id: known.promise });
    loaded.requestCount++;
    const promise = this.#promised(() => work(loaded));
    loaded.requests.set(sequenceId, { body, promise: String(idCount) });
    return promise;
  }

  // deno-lint-ignore no-explicit-any
  #pass(path: string, body: any): Response {
    const isMessage = body instanceof Uint8Array;
    if (this.#habits.wire === "protobuf" && (!isMessage || path === "forward")) {
      throw new Refusal(415, "forward_backward requires a application/x-protobuf body");
    }
    if (this.#habits.wire === "json" && isMessage) {
      throw new Refusal(422, "Input should be a valid dictionary");
    }
    const pass = isMessage ? passOfMessage(body) : passOfJson(body);
    const text = isMessage ? body.toHex() : JSON.stringify(body);
    return this.#once(pass.modelId, pass.sequenceId, text, (loaded) => this.#passed(loaded, pass));
  }

  async #passed({ model, accumulated }: Loaded, pass: PassRequest): Promise<Response> {
    if (!this.#habits.losses.includes(pass.loss)) {
      throw new Refusal(400, `Loss functions ['${pass.loss}'] are not supported`);
    }
    const noise = this.#habits.noise(this.#passCount++);
    const exact = await model.logprobs(pass.data.map(({ ids }) => ids));
    const logprobs = exact.map((values) => values.map((logprob) => logprob + noise));
    if (!pass.isForwardOnly) {
      if (pass.loss !== "importance_sampling") throw new Refusal(400, "not of this test");
      accumulated.push(pass.data.map(({ ids, inputs }, n) => {
        const { weights = inputs.advantages.map(() => 1), advantages } = inputs;
        const gradient = logprobs[n].map((logprob, t) =>
          -weights[t] * advantages[t] * Math.exp(logprob - inputs.logprobs[t])
        );
        return { weight: weights.reduce((sum, weight) => sum + weight), piece: { ids, gradient } };
      }));
    }
    return this.#habits.wire === "protobuf"
      ? new Response(passMessage(logprobs), { headers: MESSAGE })
      : Response.json({
        loss_fn_output_type: "scalar",
        loss_fn_outputs: logprobs.map((values) => ({
          logprobs: { data: [...values], dtype: "float32", shape: [values.length] },
        })),
        metrics: { "loss:sum": 1 },
      });
  }

  async #step(loaded: Loaded, adam: AdamParams): Promise<Response> {
    const requests = loaded.accumulated;
    loaded.accumulated = [];
    const { accumulation } = this.#habits;
    const groups = accumulation === "joint"
      ? [requests.flat()]
      : accumulation === "added"
      ? requests
      : requests.slice(-1);
    const pieces = groups.flatMap((group) => this.#reduced(group));
    const norm = await loaded.model.step(pieces, this.#habits.adam(adam));
    return Response.json({
      metrics: this.#habits.tellsNorms ? { "skyrl.ai/grad_norm": norm } : null,
    });
  }

  #reduced(group: Loaded["accumulated"][number]): Piece[] {
    const total = group.reduce((sum, { weight }) => sum + weight, 0);
    return group.map(({ weight, piece: { ids, gradient } }) => {
      const divisor = {
        "sum": 1,
        "sequence-sum-mean": group.length,
        "sequence-mean": Math.max(weight, 1e-9) * group.length,
        "token-mean": Math.max(total, 1e-9),
      }[this.#habits.reduction];
      return { ids, gradient: gradient.map((slope) => slope / divisor) };
    });
  }

  // deno-lint-ignore no-explicit-any
  #saved(body: any, nameOf: (checkpoint: string) => string): Response {
    const { model } = this.#model(body.model_id);
    const path = nameOf(body.path);
    if (this.#checkpoints.has(path)) {
      throw new Refusal(409, `Checkpoint '${body.path}' already exists`);
    }
    this.#checkpoints.set(path, null);
    return this.#promised(async () => {
      this.#checkpoints.set(path, await model.save());
      return Response.json({ path });
    });
  }

  // deno-lint-ignore no-explicit-any
  #loadedFrom({ model_id, path, seq_id }: any): Response {
    const loaded = this.#model(model_id);
    if (loaded.requestCount++ > 0) {
      throw new Refusal(400, `LoadWeights is not permitted with seq_id ${seq_id}`);
    }
    const state = this.#checkpoints.get(path);
    if (!state) throw new Refusal(404, `Checkpoint not found: ${path}`);
    return this.#promised(async () => {
      await loaded.model.load(state);
      return Response.json({ type: "load_weights" });
    });
  }

  // deno-lint-ignore no-explicit-any
  #savedForSampler(body: any): Response {
    if (body.path) {
      return this.#saved(body, (checkpoint) => `tinker://${body.model_id}/${checkpoint}`);
    }
    const { model } = this.#model(body.model_id);
    const id = `sampling_${++idCount}`;
    return this.#promised(async () => {
      this.#samplers.set(id, { id: body.model_id, state: await model.save() });
      return Response.json({ path: null, sampling_session_id: id });
    });
  }

  // deno-lint-ignore no-explicit-any
  #sampled({ sampling_session_id, prompt, sampling_params }: any): Response {
    const sampler = this.#samplers.get(sampling_session_id);
    if (!sampler) throw new Refusal(404, "Sampling session not found");
    const { model } = this.#model(sampler.id);
    const { max_tokens, temperature, seed, stop } = sampling_params;
    const rng = new Rng(this.#habits.repeatsSeeds ? seed : ++idCount, "sampled");
    return this.#promised(async () => {
      const ids: number[] = [...prompt.chunks[0].tokens];
      const sample = { tokens: [] as number[], logprobs: [] as number[], isStopped: false };
      while (sample.tokens.length < max_tokens && !sample.isStopped) {
        const logprobs = await model.next(ids);
        const token = temperature === 0
          ? logprobs.indexOf(Math.max(...logprobs))
          : drawn(logprobs, rng.uniform());
        sample.isStopped = stop.includes(token);
        if (sample.isStopped && !this.#habits.givesStopToken) break;
        ids.push(token);
        sample.tokens.push(token);
        sample.logprobs.push(logprobs[token]);
      }
      return new Response(sampleMessage(sample), { headers: MESSAGE });
    });
  }
}

const MESSAGE = { "content-type": "application/x-protobuf" };

function drawn(logprobs: readonly number[], uniform: number): number {
  let total = 0;
  const token = logprobs.findIndex((logprob) => (total += Math.exp(logprob)) > uniform);
  return token < 0 ? logprobs.length - 1 : token;
}
