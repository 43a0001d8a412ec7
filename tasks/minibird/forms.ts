/**
 * The form in which a value is stored where it is not stored as people say it. The form is drawn
 * for each value on its own, so that nothing but a look into the database tells it.
 *
 * @module
 */

import type { Rng } from "../../src/config/rng.ts";
import type { PoolName } from "./lexicon.ts";

const LETTERS = "ABCDEFGHKLMNPQRSTUVWXYZ";

const SHORT_WORDS: Record<string, string> = {
  Saint: "St.",
  Mount: "Mt.",
  Fort: "Ft.",
  Port: "Pt.",
};

function letter(rng: Rng): string {
  return rng.pick([...LETTERS]);
}

function letterAndDigit(rng: Rng): string {
  return `${letter(rng)}${2 + rng.below(8)}`;
}

function generalForms(value: string, rng: Rng): string[] {
  return [
    value.toUpperCase(),
    value.toLowerCase(),
    `${value} (${letter(rng)}${letter(rng)})`,
    `${value}-${letterAndDigit(rng)}`,
    `${letterAndDigit(rng)} ${value}`,
  ];
}

function placeForms(value: string, rng: Rng): string[] {
  const [first, ...rest] = value.split(" ");
  const short = SHORT_WORDS[first];
  return [
    `${value} ${rng.pick(["North", "South", "East", "West"])}`,
    `${value} ${rng.pick(["City", "Central", "Old Town"])}`,
    `Greater ${value}`,
    ...(short === undefined ? [] : [`${short} ${rest.join(" ")}`]),
  ];
}

function personForms(value: string, rng: Rng): string[] {
  const [first, last] = value.split(" ");
  return [
    `${last.toUpperCase()}, ${first}`,
    `${last}, ${first}`,
    `${first[0]}. ${last}`,
    `${rng.pick(["Dr.", "Prof."])} ${value}`,
    `${first} ${letter(rng)}. ${last}`,
  ];
}

function brandForms(value: string, rng: Rng): string[] {
  return [`${value} ${rng.pick(["Ltd", "Inc", "AG"])}`, `${value} Group`, `The ${value} Co`];
}

function titleForms(value: string, rng: Rng): string[] {
  const [adjective, noun] = value.split(" ");
  return [`The ${value}`, `${noun}, ${adjective}`, `${value} ${rng.pick(["II", "III"])}`];
}

const POOL_FORMS: Record<PoolName, (value: string, rng: Rng) => string[]> = {
  city: placeForms,
  town: placeForms,
  person: personForms,
  brand: brandForms,
  title: titleForms,
  plain: () => [],
};

/**
 * Draws the stored form of a value: never the value itself, always with its last word in it.
 *
 * @param value As people say it, for example `Saint Gallen`.
 * @param pool Decides which forms are natural: people have initials, brands have a legal form.
 */
export function storedForm(value: string, pool: PoolName, rng: Rng): string {
  return rng.pick([...generalForms(value, rng), ...POOL_FORMS[pool](value, rng)]);
}
