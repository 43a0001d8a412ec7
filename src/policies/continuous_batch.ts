/**
 * Continuous batching: sequences that grow side by side on one decoder, joining and leaving between
 * iterations.
 *
 * Nobody is waited for longer than a moment, so a slow tool holds nobody back. Who shares an iteration then depends on
 * time; what is computed must not, so a decoder's rows may not depend on one another (tests/policies
 * and tests/engines hold that to the last bit).
 *
 * @module
 */

import type { Decoder } from "../models/decoder.ts";

/** A sequence that grows. */
export interface Generation {
  /** All tokens so far, those not yet run included. */
  readonly ids: readonly number[];
  /** Appends what follows from the logits of the token after `ids`; true when the turn is over. */
  extend(logits: Float32Array): boolean;
}

/** What is known of an open sequence. */
interface Member {
  readonly generation: Generation;
  /** Equal for equal prompts. */
  readonly prompt: string;
  readonly promptLength: number;
  /** Logits after the prompt; null until it has run. */
  promptLogits: Float32Array | null;
  /** Null until its prompt has run. */
  slot: number | null;
  /** Tokens that have run. */
  ranTokens: number;
  state: "resting" | "acting" | "closed";
  /** When it came to rest, in ms. */
  restedAtMs: number;
  turn: PromiseWithResolvers<void> | null;
}

/** How long an iteration waits for each of those who left the one before. */
const REJOIN_MS = 20;

/** Runs open sequences on a decoder, as many at once as there are slots. */
export class ContinuousBatch {
  readonly #decoder: Decoder;
  readonly #slotCount: number;
  /** Open sequences in the order they were opened. */
  readonly #members = new Map<Generation, Member>();
  /** Members by slot. */
  readonly #slotted: Member[] = [];
  #isRunning = false;
  /** Whether the decoder is at work, so that slots must stay as they are. */
  #isDecoding = false;

  /**
   * @param slots Sequences that run at once; more wait, in the order they were opened.
   * @throws {RangeError} If there is not one slot.
   */
  constructor(decoder: Decoder, slots: number) {
    if (!(slots >= 1)) {
      throw new RangeError(
        `Cannot generate as 'slots' must be 1 or more: current value is ${slots}`,
      );
    }
    this.#decoder = decoder;
    this.#slotCount = slots;
  }

  /** Adds a sequence; its `ids` are its prompt. */
  open(generation: Generation): void {
    this.#members.set(generation, {
      generation,
      prompt: generation.ids.join(),
      promptLength: generation.ids.length,
      promptLogits: null,
      slot: null,
      ranTokens: 0,
      state: "resting",
      restedAtMs: performance.now(),
      turn: null,
    });
  }

  /**
   * Grows a sequence until its turn is over.
   *
   * @throws {TypeError} If the sequence is closed, is closed meanwhile, or has a turn already.
   */
  async generate(generation: Generation): Promise<void> {
    const member = this.#members.get(generation);
    if (member?.state !== "resting") {
      throw new TypeError(
        `Cannot act as a conversation must be open and at rest: it is ${member?.state ?? "closed"}`,
      );
    }
    member.state = "acting";
    member.turn = Promise.withResolvers();
    if (!this.#isRunning) this.#run();
    await member.turn.promise;
  }

  /** Takes a sequence out; its slot goes to one that waits. */
  close(generation: Generation): void {
    const member = this.#members.get(generation);
    if (!member || member.state === "closed") return;
    if (member.state === "acting") {
      member.turn!.reject(
        new TypeError("Cannot act as a conversation must be open: it was closed"),
      );
    }
    member.state = "closed";
    if (!this.#isDecoding) this.#dropClosed();
  }

  /** Iterates while anyone acts; a failure of the decoder is handed to all who do. */
  async #run(): Promise<void> {
    this.#isRunning = true;
    try {
      while (this.#acting().length > 0) {
        this.#isDecoding = true;
        await this.#admit();
        await this.#catchUp();
        await this.#iterate();
        this.#isDecoding = false;
        this.#dropClosed();
        await this.#rejoin();
      }
    } catch (error) {
      for (const member of this.#acting()) {
        member.state = "resting";
        member.turn!.reject(error);
      }
    } finally {
      this.#isRunning = this.#isDecoding = false;
      this.#dropClosed();
    }
  }

  /**
   * Lets those who came to rest a moment ago come back, as most tools answer in less time than an
   * iteration takes. Without this the event loop hardly gets to their answers, and iterations run
   * nearly empty.
   */
  async #rejoin(): Promise<void> {
    const isAwaited = ({ state, restedAtMs }: Member) =>
      state === "resting" && performance.now() - restedAtMs < REJOIN_MS;
    while ([...this.#members.values()].some(isAwaited)) {
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }

  #acting(): Member[] {
    return [...this.#members.values()].filter(({ state }) => state === "acting");
  }

  /** Puts sequences that wait in free slots, in the order they were opened. */
  async #admit(): Promise<void> {
    const free = this.#slotCount - this.#slotted.length;
    const waiting = this.#acting().filter(({ slot }) => slot === null);
    for (const member of waiting.slice(0, free)) {
      member.promptLogits = await this.#ranPrompt(member);
      member.slot = this.#slotted.push(member) - 1;
      member.ranTokens = member.promptLength;
      this.#extend(member, member.promptLogits);
    }
  }

  /** Runs a prompt, or takes it over from a slot that has run the same, as those of a group have. */
  async #ranPrompt({ prompt, promptLength, generation }: Member): Promise<Float32Array> {
    const slot = this.#slotted.findIndex((other) => other.prompt === prompt);
    if (slot < 0) return await this.#decoder.prefill(generation.ids);
    this.#decoder.fork(slot, promptLength);
    return this.#slotted[slot].promptLogits!;
  }

  /**
   * Runs the results that sequences were given, each at once. What shares a run is so the same at
   * any time, and nobody's tokens wait for one another in the iterations.
   */
  async #catchUp(): Promise<void> {
    for (const member of this.#slotted) {
      const { state, ranTokens, slot, generation: { ids } } = member;
      if (state !== "acting" || ids.length - ranTokens < 2) continue;
      const logits = await this.#decoder.extend(slot!, ids.slice(ranTokens));
      member.ranTokens = ids.length;
      this.#extend(member, logits);
    }
  }

  /** Runs one token of each acting sequence. */
  async #iterate(): Promise<void> {
    const running = this.#slotted.map((member) => member.state === "acting" ? member : null);
    if (running.every((member) => member === null)) return;
    const logits = await this.#decoder.decode(
      running.map((member) =>
        member && {
          token: member.generation.ids[member.ranTokens],
          position: member.ranTokens,
        }
      ),
    );
    const { vocabSize } = this.#decoder;
    running.forEach((member, slot) => {
      if (!member) return;
      member.ranTokens++;
      this.#extend(member, logits.subarray(slot * vocabSize, (slot + 1) * vocabSize));
    });
  }

  /** Samples where all known tokens have run; while some are left, they run first. */
  #extend(member: Member, logits: Float32Array): void {
    const { state, ranTokens, generation } = member;
    if (state !== "acting" || ranTokens < generation.ids.length) return;
    if (generation.extend(logits)) {
      member.state = "resting";
      member.restedAtMs = performance.now();
      member.turn!.resolve();
    }
  }

  #dropClosed(): void {
    for (const member of [...this.#members.values()]) {
      if (member.state !== "closed") continue;
      this.#members.delete(member.generation);
      if (member.slot !== null) this.#free(member.slot);
    }
  }

  /** Mirrors the decoder, which moves its last slot into the place that becomes free. */
  #free(slot: number): void {
    this.#decoder.free(slot);
    const last = this.#slotted.pop()!;
    if (last.slot === slot) return;
    last.slot = slot;
    this.#slotted[slot] = last;
  }
}
