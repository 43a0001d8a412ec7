/**
 * Generation with a cache of keys and values: what is given runs at once, what is chosen token by token.
 *
 * @module
 */

/** A token to go on with in a slot. */
export interface SlotToken {
  readonly token: number;
  /** Its index in the slot's context; all before it have been given. */
  readonly position: number;
}

/** The network as a policy uses it. Slots in use are numbered from 0 without gaps. */
export interface Decoder {
  readonly vocabSize: number;
  /** Longest context, in tokens. */
  readonly maxLength: number;
  /**
   * Runs a prompt in a new slot, numbered after those in use.
   *
   * @returns Logits of the token after the prompt, shape (V,).
   */
  prefill(ids: readonly number[]): Promise<Float32Array>;
  /**
   * Begins a new slot, numbered after those in use, with the first `length` tokens of another: at
   * least its prompt.
   */
  fork(slot: number, length: number): void;
  /**
   * Runs several tokens in one slot, which stand behind those given before.
   *
   * @param ids At least one.
   * @returns Logits of the token after the last, shape (V,).
   */
  extend(slot: number, ids: readonly number[]): Promise<Float32Array>;
  /**
   * Runs one token in each slot.
   *
   * @param tokens One entry for each slot in use; null for a slot that stays as it is.
   * @returns Logits by slot, shape (slots, V); those of slots that stay have no meaning.
   */
  decode(tokens: readonly (SlotToken | null)[]): Promise<Float32Array>;
  /** Frees a slot; the last slot in use moves into its place. */
  free(slot: number): void;
}
