/**
 * The engine whose weights are on a Tinker server: SkyRL, a hosted one, or another that speaks its API
 * (docs/tinker.md). This program computes the loss and its gradient by logprob; the server pulls that
 * back through the model and makes the optimizer's step.
 *
 * @module
 */

import type { Surrogate } from "../../algorithms/algorithm.ts";
import type { ChatTokens } from "../../models/chat_tokens.ts";
import type { ModelConfig } from "../../models/config.ts";
import type { Policy, Sampling } from "../../policies/policy.ts";
import type { Batch } from "../../trajectory/batch.ts";
import type { Engine, EngineState, Learned, UpdateReport } from "../engine.ts";
import type { Adapters } from "../../models/adapter_folder.ts";
import { adaptersOf, largestArchive } from "./archive.ts";
import { GRADIENT_LOSS, gradientData, type Wanted } from "./gradient_pass.ts";
import { TinkerPolicy } from "./policy.ts";
import type { Reducing } from "./reduction.ts";
import {
  type AdamParameters,
  normOf,
  type RemoteModel,
  type RemoteModelOptions,
  type Sampler,
} from "./remote_model.ts";
import type { AdapterOptions, Session } from "./session.ts";
import { TinkerError, unlessRefused } from "./transport.ts";

/** What an engine on a server is made of. */
export interface TinkerEngineOptions {
  /** Taken over: it ends with the engine. */
  readonly session: Session;
  readonly config: ModelConfig;
  readonly chat: ChatTokens;
  readonly adapters: AdapterOptions;
  readonly adam: Omit<AdamParameters, "learningRate">;
  /** How the server makes one gradient of the losses of tokens. */
  readonly reducing: Reducing;
  readonly model: RemoteModelOptions;
  /** Conversations that generate at once. */
  readonly slots: number;
  /** Told what is less than was hoped for, and no failure. */
  readonly onWarning?: (message: string) => void;
}

/** Tries of a load whose answer is lost, each with a new model. */
const LOAD_TRIES = 3;

/** Trains adapters on a server. */
export class TinkerEngine implements Engine {
  readonly name = "tinker";
  readonly #options: TinkerEngineOptions;
  /** Made when first needed, as a run that goes on begins with one that is loaded. */
  #model: Promise<RemoteModel> | null = null;
  /** Of the weights as they are now. */
  #sampler: Promise<Sampler> | null = null;
  #optimizerSteps = 0;

  constructor(options: TinkerEngineOptions) {
    this.#options = options;
  }

  async logprobs(batch: Pick<Batch, "ids" | "offsets">): Promise<Float64Array> {
    return await this.#scored(batch, () => true);
  }

  async update(
    batch: Batch,
    surrogate: Surrogate,
    learningRate: number,
    logprobs: "recomputed" | "sampled" = "recomputed",
  ): Promise<UpdateReport> {
    const start = performance.now();
    const isAtSampled = logprobs === "sampled" && wasSampled(batch);
    const point = isAtSampled
      ? batch.sampledLogprobs
      : await this.#scored(batch, (token) => batch.actionMask[token] === 1);
    const { gradient, ...atPoint } = surrogate(point, batch);
    const forwardEnd = performance.now();
    const isApplied = Number.isFinite(atPoint.loss) && gradient.every(Number.isFinite);
    if (!isApplied) {
      return report({ ...atPoint, isApplied, gradientNorm: NaN }, { start, forwardEnd });
    }
    const recomputed = await this.#pulledBack(batch, point, gradient);
    const { loss, metrics } = isAtSampled ? surrogate(recomputed, batch) : atPoint;
    if (!Number.isFinite(loss)) {
      // The server holds the gradient by now, and the protocol has no word to drop it.
      throw new TinkerError(
        `Cannot make an optimizer step as the loss must be finite: at the server's logprobs it is ${loss}; ` +
          `go on from the last checkpoint`,
        null,
      );
    }
    const backwardEnd = performance.now();
    const gradientNorm = await this.#step(learningRate);
    return report({ loss, metrics, isApplied, gradientNorm }, { start, forwardEnd, backwardEnd });
  }

  policy(sampling: Sampling): Policy {
    const { chat, config: { maxLength }, slots } = this.#options;
    return new TinkerPolicy({
      name: this.name,
      ...{ chat, sampling, maxLength, concurrency: slots },
      sampler: () => this.#samplerNow(),
    });
  }

  async state(): Promise<EngineState> {
    const remote = await (await this.#modelNow()).save(`step-${this.#optimizerSteps}`);
    return { tensors: new Map(), optimizerSteps: this.#optimizerSteps, remote };
  }

  async restore({ remote, optimizerSteps }: EngineState): Promise<void> {
    if (remote === undefined) {
      throw new TypeError(
        `Cannot go on from this checkpoint as it must be one of a Tinker server: it has tensors`,
      );
    }
    await this.#options.session.checkSaved(remote);
    const old = await this.#model;
    if (old) await this.#options.session.unload(old);
    this.#model = this.#loaded(remote);
    this.#sampler = null;
    await this.#model;
    this.#optimizerSteps = optimizerSteps;
  }

  async learned(): Promise<Learned> {
    const model = await this.#modelNow();
    const remote = await model.saveForSampler("trained");
    return await this.#fetched(model, remote) ?? { shape: null, weights: new Map(), remote };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#options.session[Symbol.asyncDispose]();
  }

  /** Adapters from the server; null where it gives none, which is no reason to fail after all training. */
  async #fetched(model: RemoteModel, remote: string): Promise<Adapters | null> {
    const { config, adapters, onWarning } = this.#options;
    const warn = ({ message }: Error) => {
      onWarning?.(`the trained adapters stay where they are: ${message}`);
      return null;
    };
    const mostBytes = largestArchive(config, adapters);
    const archive = await unlessRefused(() => model.archive(remote, mostBytes), warn);
    return archive && await adaptersOf(archive, config).catch(warn);
  }

  #modelNow(): Promise<RemoteModel> {
    const { session, adapters, model } = this.#options;
    return this.#model ??= session.createModel(adapters, model);
  }

  async #loaded(checkpoint: string): Promise<RemoteModel> {
    const { session, adapters, model: options } = this.#options;
    for (let tries = 1;; tries++) {
      const model = await session.createModel(adapters, options);
      try {
        await model.load(checkpoint);
        return model;
      } catch (error) {
        await session.unload(model);
        const isLost = error instanceof TinkerError && error.status === null;
        if (!isLost || tries === LOAD_TRIES) throw error;
      }
    }
  }

  async #samplerNow(): Promise<Sampler> {
    return await (this.#sampler ??= this.#modelNow().then((model) => model.sampler()));
  }

  /** Logprobs of the sequences in which `isScored` holds for a token, 0 elsewhere. */
  async #scored(
    { ids, offsets }: Pick<Batch, "ids" | "offsets">,
    isScored: (token: number) => boolean,
  ): Promise<Float64Array> {
    const sequences = this.#sequences(offsets, isScored);
    const result = new Float64Array(ids.length);
    if (sequences.length === 0) return result;
    const model = await this.#modelNow();
    const logprobs = await model.logprobs(sequences.map(([start, end]) => ids.slice(start, end)));
    return placed(result, { sequences, logprobs, isWanted: isScored });
  }

  /** Gives the server a gradient by logprob; gives back `point` with the logprobs found on the way. */
  async #pulledBack(
    { ids, offsets }: Batch,
    point: Float64Array,
    gradient: Float64Array,
  ): Promise<Float64Array> {
    const isWanted = (token: number) => gradient[token] !== 0;
    const sequences = this.#sequences(offsets, isWanted);
    const result = point.slice();
    if (sequences.length === 0) return result;
    const model = await this.#modelNow();
    const wanted = sequences.map(([start, end]): Wanted => ({
      ids: ids.slice(start, end),
      logprobs: point.subarray(start, end),
      gradient: gradient.subarray(start, end),
    }));
    const chunks = gradientData(model.chunked(wanted), this.#options.reducing);
    const logprobs = await model.passes(chunks, { loss: GRADIENT_LOSS, isForwardOnly: false });
    return placed(result, { sequences, logprobs, isWanted });
  }

  /** Beginnings of sequences up to the last token for which `isWanted` holds; the first never counts. */
  #sequences(offsets: Int32Array, isWanted: (token: number) => boolean): [number, number][] {
    const { maxLength } = this.#options.config;
    const result: [number, number][] = [];
    for (let n = 0; n + 1 < offsets.length; n++) {
      const [start, end] = [offsets[n], offsets[n + 1]];
      if (end - start > maxLength) {
        throw new RangeError(
          `Cannot run a sequence of ${end - start} tokens as the model holds at most ${maxLength}`,
        );
      }
      let last = end - 1;
      while (last > start && !isWanted(last)) last--;
      if (last > start) result.push([start, last + 1]);
    }
    return result;
  }

  /** @returns The gradient's norm, NaN where the server does not tell it. */
  async #step(learningRate: number): Promise<number> {
    const model = await this.#modelNow();
    const metrics = await model.optimizerStep({ ...this.#options.adam, learningRate });
    const norm = normOf(metrics);
    if (norm !== null && !Number.isFinite(norm)) {
      // Some servers leave such a step out, others are of no more use after it.
      throw new TinkerError(
        `Cannot go on after an optimizer step as its gradient's norm must be finite: the server's is ${norm}; ` +
          `go on from the last checkpoint`,
        null,
      );
    }
    this.#optimizerSteps++;
    this.#sampler = null;
    return norm ?? NaN;
  }
}

/** Demonstrations were not sampled: their logprobs are 0, at which no ratio would be 1. */
function wasSampled({ actionMask, sampledLogprobs }: Batch): boolean {
  return sampledLogprobs.some((logprob, token) => actionMask[token] === 1 && logprob !== 0);
}

/** Puts logprobs in the places of the tokens that are wanted; a sequence's first token has none. */
function placed(
  result: Float64Array,
  { sequences, logprobs, isWanted }: {
    readonly sequences: readonly (readonly [number, number])[];
    readonly logprobs: readonly Float32Array[];
    readonly isWanted: (token: number) => boolean;
  },
): Float64Array {
  sequences.forEach(([start, end], n) => {
    for (let token = start + 1; token < end; token++) {
      if (isWanted(token)) result[token] = logprobs[n][token - start - 1];
    }
  });
  return result;
}

function report(
  what: Pick<UpdateReport, "loss" | "metrics" | "isApplied" | "gradientNorm">,
  { start, forwardEnd, backwardEnd = forwardEnd }: {
    readonly start: number;
    readonly forwardEnd: number;
    readonly backwardEnd?: number;
  },
): UpdateReport {
  return {
    ...what,
    forwardMs: forwardEnd - start,
    backwardMs: backwardEnd - forwardEnd,
    optimizerMs: performance.now() - backwardEnd,
  };
}
