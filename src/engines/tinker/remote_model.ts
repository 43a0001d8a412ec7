/**
 * A model with adapters on a Tinker server: passes over it, optimizer steps, checkpoints, samplers.
 *
 * @module
 */

import { Limit } from "../../policies/openai/limit.ts";
import { chunked, type ChunkLimits } from "./chunks.ts";
import { datumOf } from "./gradient_pass.ts";
import { type Datum, passRequest, type Sample, type Wire } from "./messages.ts";
import { TinkerError, type Transport } from "./transport.ts";
import { ANYTHING, type Decoder, METRICS, PASS, SAMPLES, SAVED, SAVED_SAMPLER } from "./wire.ts";

/** How requests are written. */
export interface RemoteModelOptions {
  readonly wire: Wire;
  readonly chunks?: ChunkLimits;
}

/** What an optimizer step is made with. */
export interface AdamParameters {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  /** Longer gradients are scaled down to this norm; 0 for none. Many servers do not read it. */
  readonly maxGradientNorm: number;
}

/** What is sampled from a prompt. */
export interface SampleRequest {
  readonly prompt: readonly number[];
  readonly maxTokens: number;
  /** 0 is greedy. */
  readonly temperature: number;
  /** In [0, 2^31). */
  readonly seed: number;
  readonly stopTokens: readonly number[];
}

/** Weights as they were at one moment, to sample from. */
export interface Sampler {
  sample(request: SampleRequest): Promise<Sample>;
}

/** Requests of one pass under way: enough to keep a server busy, and not all of a large batch in memory. */
const CHUNKS_AT_ONCE = 8;

/** Tries of a save under names that are taken. */
const SAVE_TRIES = 3;

/**
 * A model; its requests are numbered, so that one that is made again counts once. As with the tinker
 * SDK there is one row of numbers for all that is done to a model, without gaps.
 */
export class RemoteModel {
  readonly #transport: Transport;
  readonly #options: RemoteModelOptions;
  #sequenceId = 0;
  #samplerCount = 0;
  readonly #chunks = new Limit(CHUNKS_AT_ONCE);

  constructor(transport: Transport, readonly id: string, options: RemoteModelOptions) {
    this.#transport = transport;
    this.#options = options;
  }

  /** Sequences by the request that they are put in. */
  chunked<T extends { readonly ids: Int32Array }>(sequences: readonly T[]): T[][] {
    return chunked(sequences, this.#options.chunks);
  }

  /** Logprobs of sequences, each token given those before it; the first has none, so (L - 1,) each. */
  async logprobs(sequences: readonly Int32Array[]): Promise<readonly Float32Array[]> {
    const chunks = this.chunked(sequences.map((ids) => ({ ids }))).map((chunk) =>
      chunk.map(({ ids }) => datumOf(ids, { weights: new Float32Array(ids.length - 1).fill(1) }))
    );
    return await this.passes(chunks, { loss: "cross_entropy", isForwardOnly: true });
  }

  /**
   * A pass for each chunk; gradients add up to those of the next optimizer step.
   *
   * @returns Logprobs of the targets of each sequence, shape (n,) each.
   */
  async passes(
    chunks: readonly (readonly Datum[])[],
    { loss, isForwardOnly }: { readonly loss: string; readonly isForwardOnly: boolean },
  ): Promise<readonly Float32Array[]> {
    const outputs = await Promise.all(chunks.map((data) => {
      const pass = { modelId: this.id, sequenceId: ++this.#sequenceId, loss, data, isForwardOnly };
      return this.#chunks.run(() => {
        const { path, body } = passRequest(pass, this.#options.wire);
        return this.#transport.result(path, body, PASS);
      });
    }));
    return checked(outputs.flat(), chunks.flat());
  }

  /** Changes the adapters by the gradients since the last step. */
  async optimizerStep(adam: AdamParameters): Promise<Readonly<Record<string, number>>> {
    return await this.#transport.result("optim_step", {
      model_id: this.id,
      seq_id: ++this.#sequenceId,
      adam_params: {
        learning_rate: adam.learningRate,
        beta1: adam.beta1,
        beta2: adam.beta2,
        eps: adam.epsilon,
        weight_decay: adam.weightDecay,
        grad_clip_norm: adam.maxGradientNorm,
      },
      type: "optim_step",
    }, METRICS);
  }

  /** Saves adapters and moments on the server; gives the server's name of them. */
  async save(name: string): Promise<string> {
    return await this.#saved("save_weights", SAVED, (id) => ({ path: `${name}-${id}` }));
  }

  /**
   * Puts adapters and moments back.
   *
   * @throws {TinkerError} Without a status where the answer was lost; then the model is of no more use.
   */
  async load(path: string): Promise<void> {
    const type = "load_weights";
    const body = { model_id: this.id, seq_id: ++this.#sequenceId, path, optimizer: true, type };
    // Loading is allowed as a model's first request alone.
    const manner = { isRepeatable: false };
    await this.#transport.result(type, body, ANYTHING, manner);
  }

  /** A sampler of the weights as they are now. */
  async sampler(): Promise<Sampler> {
    const naming = () => ({ sampling_session_seq_id: ++this.#samplerCount });
    const session = await this.#saved("save_weights_for_sampler", SAVED_SAMPLER, naming);
    let count = 0;
    return { sample: (request) => this.#sample(session, ++count, request) };
  }

  /** Saves the adapters alone, to keep; gives the server's name of them. */
  async saveForSampler(name: string): Promise<string> {
    const naming = (id: number) => ({ path: `${name}-${id}` });
    return await this.#saved("save_weights_for_sampler", SAVED, naming);
  }

  /** What was saved for a sampler, as a tar of a folder, where that has at most `mostBytes`. */
  async archive(path: string, mostBytes: number): Promise<Uint8Array<ArrayBuffer>> {
    const checkpoint = path.split("/").at(-1)!;
    return await this.#transport.download(
      `training_runs/${this.id}/checkpoints/${checkpoint}/archive`,
      mostBytes,
    );
  }

  /** Saves under a new name, and another one where a request whose answer was lost has taken that. */
  async #saved<T>(
    path: string,
    decoder: Decoder<T>,
    naming: (sequenceId: number) => object,
  ): Promise<T> {
    for (let tries = 1;; tries++) {
      const id = ++this.#sequenceId;
      const body = { model_id: this.id, seq_id: id, ...naming(id), type: path };
      try {
        return await this.#transport.result(path, body, decoder);
      } catch (error) {
        const isTaken = error instanceof TinkerError && error.status === 409;
        if (!isTaken || tries === SAVE_TRIES) throw error;
      }
    }
  }

  async #sample(session: string, count: number, request: SampleRequest): Promise<Sample> {
    const [sample] = await this.#transport.result("asample", {
      num_samples: 1,
      prompt: { chunks: [{ type: "encoded_text", tokens: request.prompt }] },
      sampling_params: {
        max_tokens: request.maxTokens,
        temperature: request.temperature,
        seed: request.seed,
        stop: request.stopTokens,
        top_k: -1,
        top_p: 1,
      },
      sampling_session_id: session,
      seq_id: count,
      type: "sample",
    }, SAMPLES);
    if (sample && sample.tokens.length === sample.logprobs.length) return sample;
    throw new TinkerError(
      "Cannot sample as the server must give a sequence with a logprob for each token: it gives none",
      200,
    );
  }
}

/** The gradient's norm among the metrics of an optimizer step; null where the server does not tell it. */
export function normOf(metrics: Readonly<Record<string, number>>): number | null {
  const found = Object.entries(metrics).find(([name]) => /(^|\/)grad_norm(:|$)/.test(name));
  return found?.[1] ?? null;
}

/** Refuses an answer that has not a logprob for each target. */
function checked(
  logprobs: readonly Float32Array[],
  data: readonly Datum[],
): readonly Float32Array[] {
  const lengths = logprobs.map(({ length }) => length);
  if (String(lengths) === String(data.map(({ targets }) => targets.length))) return logprobs;
  throw new TinkerError(
    `Cannot use a pass as the server must give a logprob for each target: it gives sequences of ${lengths}`,
    200,
  );
}
