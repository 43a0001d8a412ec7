/**
 * What an audit could not compute, or rests on less than it should, and why.
 *
 * @module
 */

import type { AuditedTrace } from "./audit.ts";

/** Sentences for the report, each said once; none where everything is known. */
export function limitsOf(traces: readonly AuditedTrace[]): string[] {
  const groups = [...Map.groupBy(traces, ({ group }) => group).values()];
  const some = (counted: number, of: number, text: string) =>
    counted === 0 ? [] : `${counted} of ${of} ${text}`;
  const traceCount = (holds: (trace: AuditedTrace) => boolean, text: string) =>
    some(traces.filter(holds).length, traces.length, text);
  const groupCount = (holds: (group: readonly AuditedTrace[]) => boolean, text: string) =>
    some(groups.filter(holds).length, groups.length, text);
  return [
    traceCount(
      ({ outcome }) => outcome === null,
      "trajectories have no outcome: their groups have no values and no advantages",
    ),
    groupCount(
      ([{ credit }]) => credit.recall === null,
      "groups lack rows or gold results: their process reward is the hard constraint alone",
    ),
    traceCount(
      ({ hasRows }) => !hasRows,
      "trajectories have results as text: R4, R4Lenient and R6 compare texts, which may be cut short; " +
        "R5a misses sqlite_master",
    ),
    traceCount(
      ({ hasGold }) => !hasGold,
      "trajectories have no gold result: R6Oracle is not computed",
    ),
    groupCount(
      ([{ groupSize }]) => groupSize === 1,
      "groups have one trajectory: there is no other to compare it with",
    ),
    groupCount(
      ([{ isKept }]) => isKept === false,
      "groups would not be trained on by this algorithm: their advantages are shown all the same",
    ),
    traceCount(
      ({ episode }) => episode.finalSql === null,
      "trajectories have no answer: nothing is R6 there",
    ),
    traceCount(
      ({ episode }) => episode.finalSql !== null && episode.finalResult === null,
      "trajectories answer with SQL that no call ran: R6 looks at the SQL only, and the answer is " +
        "taken to run",
    ),
    some(
      count(traces, ({ action, result }) => action.kind === "toolCall" && result === null),
      count(traces, ({ action }) => action.kind === "toolCall"),
      "calls have no reply: they break the hard constraint",
    ),
    some(
      count(traces, ({ action }) => action.kind === "toolCall" && action.sql === ""),
      count(traces, ({ action }) => action.kind === "toolCall"),
      "calls have no SQL: of the classes only R1, and R3 by the whole message, look at them, and R6",
    ),
  ].flat();
}

type Step = AuditedTrace["episode"]["steps"][number];

function count(traces: readonly AuditedTrace[], holds: (step: Step) => boolean): number {
  return traces.reduce((sum, { episode }) => sum + episode.steps.filter(holds).length, 0);
}
