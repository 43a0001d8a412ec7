/**
 * The form in which a value is stored where it is not stored as people say it. The form is drawn
 * for each value on its own, so that nothing but a look into the database tells it.
 *
 * @module
 */

import type { Rng } from "../../src/config/rng.ts";
import type { PoolName } from "./lexicon.ts";

const CODES = "AX BR CL DK EV FN GT HM".split(" ");

function generalForms(value: string, rng: Rng): string[] {
  return [
    value.toUpperCase(),
    value.toLowerCase(),
    `${value} (${rng.pick(CODES)})`,
    `${value}-${rng.pick(CODES)}`,
    `${rng.pick(CODES)} ${value}`,
  ];
}

function placeForms(value: string, rng: Rng): string[] {
  return [
    `${value} ${rng.pick(["North", "South", "East", "West"])}`,
    `${value} ${rng.pick(["City", "Central", "Old Town"])}`,
    `Greater ${value}`,
  ];
}

function personForms(value: string, rng: Rng): string[] {
  return [
    `${rng.pick(["Dr.", "Prof."])} ${value}`,
    `${value} ${rng.pick(["Jr", "Sr"])}`,
    `${value}, ${rng.pick(["PhD", "MD"])}`,
  ];
}

function brandForms(value: string, rng: Rng): string[] {
  return [`${value} ${rng.pick(["Ltd", "Inc", "AG"])}`, `${value} Group`, `The ${value} Co`];
}

function titleForms(value: string, rng: Rng): string[] {
  return [`The ${value}`, `${value} ${rng.pick(["II", "III"])}`];
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
 * Draws the stored form of a value: never the value itself, but the value is in it, in any case.
 *
 * @param value As people say it, for example `Port Haven`.
 * @param pool Decides which forms are natural: people have titles, brands have a legal form.
 */
export function storedForm(value: string, pool: PoolName, rng: Rng): string {
  return rng.pick([...generalForms(value, rng), ...POOL_FORMS[pool](value, rng)]);
}
