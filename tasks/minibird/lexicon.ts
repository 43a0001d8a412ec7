/**
 * The words that the databases are filled with. A pool is shared by several domains, and its
 * values are split once for all of them.
 *
 * @module
 */

const words = (text: string) => text.split(" ");

/** Every first word with every last word. */
function allPairs(first: string, last: string): string[] {
  return words(first).flatMap((one) => words(last).map((other) => `${one} ${other}`));
}

/** 60 of 100 pairs, as many as the smallest table has rows; each word is in six of them. */
function paired(first: string, last: string): string[] {
  return words(first).flatMap((one, i) =>
    words(last).filter((_, j) => (i + j) % 10 < 6).map((other) => `${one} ${other}`)
  );
}

/**
 * The values of each pool. A value is a pair of words, and each word is in many pairs: a pair that
 * is held out is new, its words are not, so that a very small model can read and write it.
 */
export const POOLS = {
  city: paired(
    "Port Fort Mount Saint New Lake Bay Cape Glen Castle",
    "Haven Arden Albans Bowen Merrow Hanley Worth Milton Selby Louis",
  ),
  town: paired(
    "Upper Lower Little Great Nether High Low Long Broad Far",
    "Ashford Millbrook Oakham Elmwood Redhill Langley Foxton Whitby Dunmore Yardley",
  ),
  person: paired(
    "Anna Boris Clara David Elena Felix Greta Hugo Irene Jonas",
    "Bell Carter Dawson Ellis Fisher Grant Hayes Keller Mason Sutton",
  ),
  brand: paired(
    "Nova Terra Alpha Omega Delta Prime Vista Luna Astro Hydra",
    "Labs Works Foods Tech Systems Motors Farms Media Trade Power",
  ),
  title: paired(
    "Silent Golden Broken Hidden Last Crimson Distant Frozen Gentle Wild",
    "River Mountain Garden Harbor Mirror Shadow Window Winter Island Letter",
  ),
  plain: allPairs(
    "Red Blue Green White Black Amber Coral Ivory Silver Copper Violet Scarlet",
    "Otter Heron Fox Lynx Raven Badger Swan Tiger Bison Owl",
  ),
} as const satisfies Record<string, readonly string[]>;

/** Names a pool. */
export type PoolName = keyof typeof POOLS;
