/**
 * Cuts a batch of trajectories into padded pieces that fit in memory, with as little arithmetic and
 * padding, and as few scored positions, as can be.
 *
 * Trajectories of one example begin with the same prompt. It stands once in a row, and what each
 * trajectory has of its own follows as a branch that sees the prompt and itself (the mask and the
 * places of context.ts). The results are those of separate rows up to rounding.
 *
 * @module
 */

import type { Batch } from "../trajectory/batch.ts";

/** Rows of trajectories padded to one length, and the tokens of them that are scored. */
export interface MicroBatch {
  readonly batch: number;
  readonly length: number;
  /** Token ids, padded with 0 at the right, shape (batch * length,). */
  readonly ids: Int32Array;
  /** Where each row's branches lie; shape (batch,). */
  readonly rows: readonly Row[];
  /** Where in `ids` the token before each scored one stands, shape (rows,). */
  readonly positions: Int32Array;
  /** The scored tokens, shape (rows,). */
  readonly targets: Int32Array;
  /** Where in the whole batch each scored token stands, shape (rows,). */
  readonly tokens: Int32Array;
}

/** Trajectories that share their first tokens: these, then what each has of its own. */
export interface Row {
  /** Tokens that all branches see. */
  readonly shared: number;
  /** Tokens of each branch, in the order in which they lie. */
  readonly branches: readonly number[];
}

/** What micro-batches must keep to. */
export interface Limits {
  /** Largest padded size of a micro-batch; a single longer trajectory is taken alone. */
  readonly maxTokens: number;
  /** Most pairs of tokens of rows in attention, whose memory grows with the square of a row's length. */
  readonly maxPairs: number;
  /** Arithmetic of one token outside attention, in units of that of one pair of tokens within it. */
  readonly pairsPerToken: number;
}

/** Lengths are rounded up to this, so that few different sizes of memory are asked for. */
const LENGTH_MULTIPLE = 32;

/** Largest share of a micro-batch that may be padding, but for the rounding. */
const MAX_PADDING = 0.1;

/** A trajectory as far as it matters: up to the token before its last scored one. */
interface Piece {
  readonly start: number;
  readonly length: number;
  /** Tokens before the first one whose successor is scored, that one included. */
  readonly unscored: number;
  readonly scored: readonly number[];
}

/** Pieces that share their first tokens. */
interface Tree {
  readonly shared: number;
  readonly pieces: readonly Piece[];
  /** Tokens of the shared part and all branches. */
  readonly length: number;
}

/**
 * Micro-batches that together score each token for which `isScored` holds.
 *
 * A trajectory's first token has nothing before it and is never scored. What comes after the last
 * scored token is left out, as causal attention never looks there.
 */
export function microBatches(
  batch: Pick<Batch, "ids" | "offsets">,
  isScored: (token: number) => boolean,
  limits: Limits,
): MicroBatch[] {
  const trees = treesOf(scoredPieces(batch.offsets, isScored), batch.ids, limits)
    .sort((a, b) => b.length - a.length);
  const result: MicroBatch[] = [];
  for (let start = 0; start < trees.length;) {
    const length = Math.ceil(trees[start].length / LENGTH_MULTIPLE) * LENGTH_MULTIPLE;
    const count = rowCount(trees.slice(start), length, limits);
    result.push(padded(batch.ids, trees.slice(start, start + count), length));
    start += count;
  }
  return result;
}

function scoredPieces(offsets: Int32Array, isScored: (token: number) => boolean): Piece[] {
  const pieces: Piece[] = [];
  for (let n = 0; n + 1 < offsets.length; n++) {
    const start = offsets[n];
    const scored: number[] = [];
    for (let token = start + 1; token < offsets[n + 1]; token++) {
      if (isScored(token)) scored.push(token);
    }
    if (scored.length === 0) continue;
    pieces.push({ start, length: scored.at(-1)! - start, unscored: scored[0] - start, scored });
  }
  return pieces;
}

/** Joins each piece to the tree before it where that is less arithmetic than a row of its own. */
function treesOf(pieces: readonly Piece[], ids: Int32Array, limits: Limits): Tree[] {
  const trees: Tree[] = [];
  for (const piece of pieces) {
    const joined = trees.length > 0 ? joinedTree(trees.at(-1)!, piece, ids) : null;
    const alone = { shared: piece.unscored, pieces: [piece], length: piece.length };
    if (joined && isLess(joined, [trees.at(-1)!, alone], limits)) trees[trees.length - 1] = joined;
    else trees.push(alone);
  }
  return trees;
}

function joinedTree(tree: Tree, piece: Piece, ids: Int32Array): Tree {
  const most = Math.min(tree.shared, piece.unscored);
  const first = tree.pieces[0].start;
  let shared = 0;
  while (shared < most && ids[first + shared] === ids[piece.start + shared]) shared++;
  const pieces = [...tree.pieces, piece];
  const own = pieces.reduce((sum, { length }) => sum + length - shared, 0);
  return { shared, pieces, length: shared + own };
}

function isLess(joined: Tree, apart: readonly Tree[], limits: Limits): boolean {
  const work = ({ length }: Tree) => length * (limits.pairsPerToken + length);
  return joined.length <= limits.maxTokens && joined.length ** 2 <= limits.maxPairs &&
    work(joined) < apart.reduce((sum, tree) => sum + work(tree), 0);
}

/** How many of the trees, longest first, go into one micro-batch. */
function rowCount(
  trees: readonly Tree[],
  length: number,
  { maxTokens, maxPairs }: Limits,
): number {
  let [count, tokens] = [0, 0];
  for (const tree of trees) {
    const size = (count + 1) * trees[0].length;
    const isPadded = tokens + tree.length < (1 - MAX_PADDING) * size;
    const isLarge = (count + 1) * length > maxTokens || (count + 1) * length ** 2 > maxPairs;
    if (count > 0 && (isPadded || isLarge)) break;
    count++;
    tokens += tree.length;
  }
  return count;
}

function padded(ids: Int32Array, trees: readonly Tree[], length: number): MicroBatch {
  const paddedIds = new Int32Array(trees.length * length);
  const [positions, tokens]: number[][] = [[], []];
  trees.forEach(({ shared, pieces }, row) => {
    const begin = row * length;
    const [{ start }] = pieces;
    paddedIds.set(ids.subarray(start, start + shared), begin);
    let at = begin + shared;
    for (const piece of pieces) {
      paddedIds.set(ids.subarray(piece.start + shared, piece.start + piece.length), at);
      for (const token of piece.scored) {
        const place = token - 1 - piece.start;
        positions.push(place < shared ? begin + place : at + place - shared);
        tokens.push(token);
      }
      at += piece.length - shared;
    }
  });
  return {
    batch: trees.length,
    length,
    ids: paddedIds,
    rows: trees.map(({ shared, pieces }) => ({
      shared,
      branches: pieces.map((piece) => piece.length - shared),
    })),
    positions: Int32Array.from(positions),
    targets: Int32Array.from(tokens, (token) => ids[token]),
    tokens: Int32Array.from(tokens),
  };
}
