/**
 * The question templates: how each is worded and which query it asks for.
 *
 * @module
 */

import type { Column, Table } from "./domain.ts";
import {
  categoryFilter,
  type Filter,
  filterOn,
  isName,
  type Need,
  type Place,
  placesOf,
  reference,
  said,
  sampleFilter,
  type Sampler,
} from "./filters.ts";
import type { Clauses } from "./query.ts";

/** BIRD's classes. */
export type Difficulty = "simple" | "moderate" | "challenging";

/** A question before it has been worded and tried. */
export interface Draft {
  /** Whose rows the question is about. */
  readonly main: Table;
  /** In the order in which the question says them. */
  readonly filters: readonly Filter[];
  /** Words for the wording's places beside `{rows}`, `{row}` and `{filters}`. */
  readonly slots: Readonly<Record<string, string>>;
  /** A condition that is not among the rows' filters. */
  readonly extra?: Filter;
  /** How many rows the filters must leave for the question to make sense. */
  readonly minimumRows?: number;
  /** The query, given the conditions of `filters`. */
  readonly clauses: (conditions: readonly string[]) => Clauses;
}

/** A kind of question. */
export interface Template {
  readonly name: string;
  readonly difficulty: Difficulty;
  readonly wordings: readonly string[];
  /** Draws what to ask; null where this draw makes no question. */
  readonly draft: (sampler: Sampler) => Draft | null;
}

const anyColumn = () => true;
const ofManyRows = ({ column }: Place) => !isName(column);
const isCategory = ({ kind }: Column) => kind === "code" || kind === "word";
const isQuantity = (column: Column) => column.kind === "number" && !column.isYear;

function pickPlace(sampler: Sampler, accepts: (place: Place) => boolean): Place | null {
  const places = placesOf(sampler.database).filter(accepts);
  return places.length === 0 ? null : sampler.rng.pick(places);
}

/** Whether a column can be asked for: not a reference, and not what the filters speak of. */
function isAskable({ column, table }: Place, filters: readonly Filter[]): boolean {
  if (column.kind === "link") return false;
  return filters.every((filter) =>
    filter.table !== table || (filter.column !== column &&
      !(filter.column.kind === "pair" && column.kind === "pair"))
  );
}

/** A column's name in a question about rows of `main`. */
function labelOf({ table, column }: Place, main: Table): string {
  return table === main ? column.label : `${table.name} ${column.label}`;
}

function count(sampler: Sampler): Draft | null {
  const filter = sampleFilter(sampler, ofManyRows);
  return filter && {
    main: filter.table,
    filters: [filter],
    slots: {},
    clauses: (where) => ({ select: "COUNT(*)", where }),
  };
}

function list(sampler: Sampler): Draft | null {
  const filter = sampleFilter(sampler, ofManyRows);
  const asked = filter &&
    pickPlace(sampler, (place) => place.table === filter.table && isAskable(place, [filter]));
  return asked && {
    main: filter.table,
    filters: [filter],
    slots: { asked: asked.column.label },
    clauses: (where) => ({ select: reference(asked), where }),
  };
}

/** What tells one row from all others, by what has to be looked up for it. */
const IDENTIFIES: Record<Need, (column: Column) => boolean> = {
  none: ({ kind }) => kind === "name" || kind === "key",
  value_form: (column) => column.kind === "form" && column.isName,
  which_column: () => false,
};

function attribute(sampler: Sampler): Draft | null {
  const place = pickPlace(sampler, ({ column }) => IDENTIFIES[sampler.need](column));
  const filter = place && filterOn(sampler, place);
  const asked = filter &&
    pickPlace(sampler, (place) => place.table === filter.table && isAskable(place, [filter]));
  if (!asked) return null;
  const named = filter.column.kind === "key" ? filter.value : said(filter.value);
  return {
    main: filter.table,
    filters: [filter],
    slots: { asked: asked.column.label, named },
    clauses: (where) => ({ select: reference(asked), where }),
  };
}

function superlative(sampler: Sampler): Draft | null {
  const filter = sampleFilter(sampler, ofManyRows);
  const isOwn = (place: Place) => place.table === filter?.table && isAskable(place, [filter]);
  const ranked = filter && pickPlace(sampler, (place) => isOwn(place) && isQuantity(place.column));
  const asked = ranked &&
    pickPlace(sampler, (place) => isOwn(place) && place.column !== ranked.column);
  if (!asked) return null;
  const [extreme, direction] = sampler.rng.pick([["highest", "DESC"], ["lowest", "ASC"]]);
  return {
    main: ranked.table,
    filters: [filter],
    slots: { asked: asked.column.label, ranked: ranked.column.label, extreme },
    minimumRows: 2,
    clauses: (where) => ({
      select: reference(asked),
      where,
      orderBy: `${reference(ranked)} ${direction}`,
    }),
  };
}

function aggregateOf(sampler: Sampler, filter: Filter | null, main: Table | undefined) {
  const measured = filter &&
    pickPlace(
      sampler,
      (place) => place.table === main && isAskable(place, [filter]) && isQuantity(place.column),
    );
  if (!measured) return null;
  const [aggregate, name] = sampler.rng.pick([["average", "AVG"], ["total", "SUM"]]);
  return {
    main: measured.table,
    filters: [filter],
    slots: { aggregate, measured: measured.column.label },
    minimumRows: 2,
    clauses: (where: readonly string[]) => ({ select: `${name}(${reference(measured)})`, where }),
  };
}

function aggregate(sampler: Sampler): Draft | null {
  const filter = sampleFilter(sampler, ofManyRows);
  return aggregateOf(sampler, filter, filter?.table);
}

function countDistinct(sampler: Sampler): Draft | null {
  const filter = sampleFilter(sampler, ofManyRows);
  const asked = filter &&
    pickPlace(sampler, (place) =>
      place.table === filter.table && isAskable(place, [filter]) &&
      ["code", "word", "form", "pair"].includes(place.column.kind));
  return asked && {
    main: filter.table,
    filters: [filter],
    slots: { asked: asked.column.label },
    minimumRows: 2,
    clauses: (where) => ({ select: `COUNT(DISTINCT ${reference(asked)})`, where }),
  };
}

function sampleOtherFilter(sampler: Sampler): Filter | null {
  return sampleFilter(sampler, ({ table }) => table !== sampler.database.domain.main);
}

function joinCount(sampler: Sampler): Draft | null {
  const filter = sampleOtherFilter(sampler);
  return filter && {
    main: sampler.database.domain.main,
    filters: [filter],
    slots: {},
    clauses: (where) => ({ select: "COUNT(*)", where }),
  };
}

function joinList(sampler: Sampler): Draft | null {
  const { main } = sampler.database.domain;
  const filter = sampleFilter(sampler, anyColumn);
  const asked = filter &&
    pickPlace(sampler, (place) =>
      place.table !== filter.table && isAskable(place, [filter]) &&
      (place.column.kind !== "key" || place.table === main));
  return asked && {
    main,
    filters: [filter],
    slots: { asked: labelOf(asked, main) },
    clauses: (where) => ({ select: reference(asked), where }),
  };
}

function joinAggregate(sampler: Sampler): Draft | null {
  return aggregateOf(sampler, sampleOtherFilter(sampler), sampler.database.domain.main);
}

/** A column to group the main table's rows by, which the filter leaves open. */
function pickGroup(sampler: Sampler, filter: Filter | null): Place | null {
  const { main } = sampler.database.domain;
  return filter &&
    pickPlace(
      sampler,
      (place) =>
        (place.table !== filter.table || place.table === main) && isAskable(place, [filter]) &&
        (isCategory(place.column) || isName(place.column)),
    );
}

function groupDraft(sampler: Sampler, rest: Partial<Clauses>): Draft | null {
  const { main } = sampler.database.domain;
  const filter = sampleFilter(sampler, anyColumn);
  const group = pickGroup(sampler, filter);
  return filter && group && {
    main,
    filters: [filter],
    slots: { group: labelOf(group, main) },
    minimumRows: 2,
    clauses: (where) => ({ select: reference(group), where, groupBy: reference(group), ...rest }),
  };
}

function topGroup(sampler: Sampler): Draft | null {
  return groupDraft(sampler, { orderBy: "COUNT(*) DESC" });
}

function having(sampler: Sampler): Draft | null {
  return groupDraft(sampler, { having: "COUNT(*) > 1" });
}

/** A second filter that needs no look-up, on a column that the first leaves open. */
function sampleSecond(sampler: Sampler, first: Filter, accepts: (place: Place) => boolean) {
  return sampleFilter(sampler, (place) => accepts(place) && isAskable(place, [first]), "none");
}

function twoFilters(sampler: Sampler): Draft | null {
  const first = sampleFilter(sampler, ofManyRows);
  const second = first &&
    sampleSecond(sampler, first, (place) => place.table === first.table && ofManyRows(place));
  return second && {
    main: first.table,
    filters: [first, second],
    slots: {},
    clauses: (where) => ({ select: "COUNT(*)", where }),
  };
}

function joinTwoFilters(sampler: Sampler): Draft | null {
  const { main } = sampler.database.domain;
  const first = sampleFilter(sampler, anyColumn);
  const second = first && sampleSecond(sampler, first, ({ table }) => table !== first.table);
  const asked = second &&
    pickPlace(sampler, (place) => place.table === main && isAskable(place, [first, second]));
  return asked && {
    main,
    filters: [first, second],
    slots: { asked: asked.column.label },
    clauses: (where) => ({ select: reference(asked), where }),
  };
}

function aboveAverage(sampler: Sampler): Draft | null {
  const { main } = sampler.database.domain;
  const filter = sampleFilter(sampler, anyColumn);
  const measured = filter &&
    pickPlace(
      sampler,
      (place) => place.table === main && isAskable(place, [filter]) && isQuantity(place.column),
    );
  if (!measured) return null;
  const { name, label } = measured.column;
  const isAbove = `${reference(measured)} > (SELECT AVG(${name}) FROM ${main.name})`;
  return {
    main,
    filters: [filter],
    slots: { measured: label },
    minimumRows: 2,
    clauses: (where) => ({ select: "COUNT(*)", where: [...where, isAbove] }),
  };
}

function percentage(sampler: Sampler): Draft | null {
  const { main } = sampler.database.domain;
  const filter = sampleFilter(sampler, anyColumn);
  const place = filter &&
    pickPlace(
      sampler,
      (place) => place.table === main && isCategory(place.column) && isAskable(place, [filter]),
    );
  const extra = place && categoryFilter(sampler, place);
  if (!extra) return null;
  const matches = `SUM(CASE WHEN ${extra.condition} THEN 1 ELSE 0 END)`;
  return {
    main,
    filters: [filter],
    extra,
    slots: { predicate: extra.phrase.replace(/^that are /, "") },
    minimumRows: 2,
    clauses: (where) => ({ select: `CAST(${matches} AS REAL) * 100 / COUNT(*)`, where }),
  };
}

const COUNT_WORDINGS = [
  "How many {rows} {filters} are there?",
  "Count the {rows} {filters}.",
  "What is the number of {rows} {filters}?",
];
const LIST_WORDINGS = [
  "List the {asked} of {rows} {filters}.",
  "Show the {asked} of all {rows} {filters}.",
];
const AGGREGATE_WORDINGS = [
  "What is the {aggregate} {measured} of {rows} {filters}?",
  "Give the {aggregate} {measured} of all {rows} {filters}.",
];

/** All templates. Simple ones read one table by one filter; moderate ones join, group or combine. */
export const TEMPLATES: readonly Template[] = [
  { name: "count", difficulty: "simple", wordings: COUNT_WORDINGS, draft: count },
  { name: "list", difficulty: "simple", wordings: LIST_WORDINGS, draft: list },
  {
    name: "attribute",
    difficulty: "simple",
    wordings: ["What is the {asked} of {row} {named}?", "Give the {asked} of {row} {named}."],
    draft: attribute,
  },
  {
    name: "superlative",
    difficulty: "simple",
    wordings: [
      "What is the {asked} of the {row} {filters} with the {extreme} {ranked}?",
      "Among {rows} {filters}, give the {asked} of the one with the {extreme} {ranked}.",
    ],
    draft: superlative,
  },
  { name: "aggregate", difficulty: "simple", wordings: AGGREGATE_WORDINGS, draft: aggregate },
  {
    name: "count_distinct",
    difficulty: "simple",
    wordings: [
      "How many different {asked} values do {rows} {filters} have?",
      "Count the different {asked} values of {rows} {filters}.",
    ],
    draft: countDistinct,
  },
  { name: "join_count", difficulty: "moderate", wordings: COUNT_WORDINGS, draft: joinCount },
  { name: "join_list", difficulty: "moderate", wordings: LIST_WORDINGS, draft: joinList },
  {
    name: "join_aggregate",
    difficulty: "moderate",
    wordings: AGGREGATE_WORDINGS,
    draft: joinAggregate,
  },
  {
    name: "top_group",
    difficulty: "moderate",
    wordings: [
      "Which {group} has the most {rows} {filters}?",
      "Give the {group} with the most {rows} {filters}.",
    ],
    draft: topGroup,
  },
  { name: "two_filters", difficulty: "moderate", wordings: COUNT_WORDINGS, draft: twoFilters },
  {
    name: "having",
    difficulty: "challenging",
    wordings: [
      "Which {group} has more than one of the {rows} {filters}?",
      "List each {group} with more than one of the {rows} {filters}.",
    ],
    draft: having,
  },
  {
    name: "above_average",
    difficulty: "challenging",
    wordings: [
      "How many {rows} {filters} have a {measured} above the average of all {rows}?",
      "Count the {rows} {filters} whose {measured} is above the average of all {rows}.",
    ],
    draft: aboveAverage,
  },
  {
    name: "join_two_filters",
    difficulty: "challenging",
    wordings: LIST_WORDINGS,
    draft: joinTwoFilters,
  },
  {
    name: "percentage",
    difficulty: "challenging",
    wordings: [
      "What percentage of {rows} {filters} are {predicate}?",
      "Of all {rows} {filters}, what percentage are {predicate}?",
    ],
    draft: percentage,
  },
];
