/**
 * Continuous batching: sequences that grow side by side on one decoder, joining and leaving between
 * iterations.
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

/**
 * A sequence whose owner takes longer than this to act or close no longer holds the others back.
 * What is sampled stays the same; only who shares an iteration depends on time from then on.
 */
export const PATIENCE_MS = 2000;

/** What is known of an open sequence. */
interface Member {
  readonly generation: Generation;
  /** Null until its prompt has run. */
  slot: number | null;
  /** Tokens that have run. */
  ranTokens: number;
  /** `out`: its owner has to act or close; `late`: out for longer than the patience. */
  state: "out" | "late" | "acting" | "closed";
  turn: PromiseWithResolvers<void> | null;
}

/** Runs open sequences on a decoder, as many at once as there are slots. */
export class ContinuousBatch {
  readonly #decoder: Decoder;
  readonly #slotCount: number;
  /** Open sequences in the order they were opened. */
  readonly #members = new Map<Generation, Member>();
  /** Members by slot. */
  readonly #slotted: Member[] = [];
  #isRunning = false;
  #changed = Promise.withResolvers<void>();

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
      slot: null,
      ranTokens: 0,
      state: "out",
      turn: null,
    });
  }

  /** Grows a sequence until its turn is over. */
  async generate(generation: Generation): Promise<void> {
    const member = this.#members.get(generation);
    if (!member || member.state === "acting") {
      throw new TypeError(
        `Cannot act as a conversation must be open and at rest: it is ${
          member ? "acting already" : "closed"
        }`,
      );
    }
    member.state = "acting";
    member.turn = Promise.withResolvers();
    this.#wake();
    if (!this.#isRunning) this.#run();
    await member.turn.promise;
  }

  /** Takes a sequence out; its slot goes to one that waits. */
  close(generation: Generation): void {
    const member = this.#members.get(generation);
    if (!member) return;
    member.state = "closed";
    member.turn?.reject(
      new TypeError("Cannot act as the conversation must be open: it was closed"),
    );
    this.#wake();
    if (!this.#isRunning) this.#dropClosed();
  }

  /** Goes on while anyone acts; a failure of the decoder is handed to all who do. */
  async #run(): Promise<void> {
    this.#isRunning = true;
    try {
      await this.#everyoneIn();
      while (this.#acting().length > 0) {
        await this.#admit();
        if (await this.#iterate()) await this.#everyoneIn();
        this.#dropClosed();
      }
    } catch (error) {
      for (const member of this.#acting()) this.#end(member, (turn) => turn.reject(error));
    } finally {
      this.#isRunning = false;
      this.#dropClosed();
    }
  }

  #acting(): Member[] {
    return [...this.#members.values()].filter(({ state }) => state === "acting");
  }

  /** Waits until every open sequence acts, or its owner has taken too long. */
  async #everyoneIn(): Promise<void> {
    const out = () => [...this.#members.values()].filter(({ state }) => state === "out");
    do {
      const deadline = performance.now() + PATIENCE_MS;
      while (out().length > 0 && performance.now() < deadline) {
        await this.#change(deadline - performance.now());
      }
      for (const member of out()) member.state = "late";
      // Whoever closed may open the next one in the same breath.
      await new Promise((resolve) => setTimeout(resolve, 0));
    } while (out().length > 0);
  }

  async #change(timeoutMs: number): Promise<void> {
    this.#changed = Promise.withResolvers();
    const timer = setTimeout(this.#changed.resolve, timeoutMs);
    await this.#changed.promise;
    clearTimeout(timer);
  }

  #wake(): void {
    this.#changed.resolve();
  }

  /** Puts waiting sequences in free slots; equal prompts that come together run once. */
  async #admit(): Promise<void> {
    const free = this.#slotCount - this.#slotted.length;
    const waiting = this.#acting().filter(({ slot }) => slot === null).slice(0, free);
    const byPrompt = Map.groupBy(waiting, ({ generation }) => generation.ids.join());
    for (const members of byPrompt.values()) {
      const { ids } = members[0].generation;
      const logits = await this.#decoder.prefill(ids, members.length);
      for (const member of members) {
        member.slot = this.#slotted.push(member) - 1;
        member.ranTokens = ids.length;
        this.#extend(member, logits);
      }
    }
  }

  /** Runs one token of each acting sequence; true when a turn has ended since the last time. */
  async #iterate(): Promise<boolean> {
    const running = this.#slotted.map((member) => member.state === "acting" ? member : null);
    if (running.some((member) => member !== null)) {
      const logits = await this.#decoder.decode(running.map((member) =>
        member && {
          token: member.generation.ids[member.ranTokens],
          position: member.ranTokens,
        }
      ));
      const { vocabSize } = this.#decoder;
      running.forEach((member, slot) => {
        if (!member) return;
        member.ranTokens++;
        this.#extend(member, logits.subarray(slot * vocabSize, (slot + 1) * vocabSize));
      });
    }
    return [...this.#members.values()].some(({ state }) => state !== "acting" && state !== "late");
  }

  /** Samples where all known tokens have run; while some are left, they run first. */
  #extend(member: Member, logits: Float32Array): void {
    const { state, ranTokens, generation } = member;
    if (state !== "acting" || ranTokens < generation.ids.length) return;
    if (generation.extend(logits)) this.#end(member, (turn) => turn.resolve());
  }

  #end(member: Member, settle: (turn: PromiseWithResolvers<void>) => void): void {
    if (member.state !== "acting") return;
    member.state = "out";
    settle(member.turn!);
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
