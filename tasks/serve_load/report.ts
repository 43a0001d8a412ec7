/**
 * The record of a load test in words, and what in it is not as it should be.
 *
 * @module
 */

import { PLAIN } from "../../src/reports/style.ts";
import { table } from "../../src/reports/table.ts";
import type { Held, LoadRecord } from "./load.ts";

// Sockets that are being closed, and the files of a worker that is being replaced.
/** Open files that may be more after a round than before the first. */
const OPEN_FILES_MARGIN = 4;

// What was once needed for all at a time is not given back at once; a leak grows with every round.
/** Memory that may be more after the last round than after half of them, in MiB. */
const MEMORY_MARGIN_MIB = 24;

/** What is not as it should be; empty when all is. */
export function surprisesOf(record: LoadRecord): string[] {
  const { good, kept, misdeeds, held, exitCode, leftProcesses, stderr } = record;
  const [before] = held;
  const after = held.at(-1)!;
  const growth = after.residentMiB - held[Math.floor(held.length / 2)].residentMiB;
  const rules: readonly (readonly [boolean, string])[] = [
    [before.sessions + after.sessions > 0, "sessions are left"],
    [after.openFiles > before.openFiles + OPEN_FILES_MARGIN, "open files are left"],
    [after.children.length !== before.children.length, "there are more or fewer workers"],
    [growth > MEMORY_MARGIN_MIB, `the second half of the rounds took ${growth.toFixed(0)} MiB`],
    [kept.torn > 0, `${kept.torn} lines kept cannot be read`],
    [kept.ended !== kept.wanted, `of ${kept.wanted} episodes that ended, ${kept.ended} are kept`],
    [exitCode !== 0, `it ended with ${exitCode}`],
    [leftProcesses > 0, `${leftProcesses} processes are left`],
    [stderr.split("\n").length > 3, `it wrote errors: ${stderr.slice(0, 1000)}`],
  ];
  return [
    ...good.wrong,
    ...misdeeds.flatMap(({ name, surprises }) => surprises.map((seen) => `${name}: ${seen}`)),
    ...rules.filter(([holds]) => holds).map(([, what]) => what),
  ];
}

/** The whole record as text. */
export function report(record: LoadRecord): string {
  const { capacity, workers, good, kept, seconds, misdeeds, held, peak, counts } = record;
  const { exitCode, leftProcesses } = record;
  const surprises = surprisesOf(record);
  const steps = good.stepMs.length;
  return [
    `Good clients: ${good.episodes} episodes of 3 steps, ${good.wrong.length} of them wrong ` +
    "(own question, own query's result, own reward)",
    `  step     ${quantiles(good.stepMs)}`,
    `  begin    ${quantiles(good.beginMs)}`,
    `  rate     ${(steps / seconds).toFixed(0)} steps/s, ${
      (good.episodes / seconds).toFixed(1)
    } episodes/s over ${seconds.toFixed(1)} s`,
    `  (SQL runs in ${workers} workers: a query that never ends holds one up to its deadline of 5 s)`,
    `  told to come again ${good.refusals} times (ORS, in floods; room for ${capacity} sessions)`,
    "",
    "Others at the same time:",
    table(
      [{ heading: "kind" }, { heading: "what it did" }, { heading: "times", align: "right" }, {
        heading: "not as it should be",
        align: "right",
      }],
      misdeeds.map(({ kind, name, times, surprises: { length } }) => [
        ...[kind, name, String(times), String(length)],
      ]),
      PLAIN,
    ),
    "",
    "What the server held when all were gone:",
    table(
      ["", "memory, MiB", "heap, MiB", "open files", "workers", "sessions", "groups"].map((
        heading,
      ) => ({
        ...{ heading, align: heading === "" ? "left" as const : "right" as const },
      })),
      [
        ...held.map((state, n) => heldRow(n === 0 ? "before" : `after round ${n}`, state)),
        ["at most", peak.residentMiB.toFixed(0), "", String(peak.openFiles), "", "", ""],
      ],
      PLAIN,
    ),
    `(at most ${OPEN_FILES_MARGIN} more open files; at most ${MEMORY_MARGIN_MIB} MiB by the second half)`,
    "",
    `Kept by --trajectories: ${kept.lines} episodes, ${kept.torn} of them torn, ` +
    `${kept.ended} of ${kept.wanted} that good clients ended, ${kept.mebibytes.toFixed(1)} MiB`,
    `Sessions: ${counts.opened} opened, ${counts.refused} refused, ${counts.reaped} reaped, ` +
    `${counts.open} open at the end; exit code ${exitCode}, ${leftProcesses} processes left`,
    "",
    surprises.length === 0
      ? "All as it should be."
      : `${surprises.length} SURPRISES\n${surprises.map((what) => `- ${what}`).join("\n")}`,
    "",
  ].join("\n");
}

function heldRow(when: string, held: Held) {
  const { residentMiB, heapMiB, openFiles, children, sessions, groups } = held;
  return [
    ...[when, residentMiB.toFixed(0), heapMiB.toFixed(0)],
    ...[openFiles, children.length, sessions, groups].map(String),
  ];
}

/** Nearest-rank quantiles of times in ms. */
function quantiles(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1]?.toFixed(0);
  return `p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, p99 ${at(0.99)} ms, at most ${
    at(1)
  } ms (n = ${times.length})`;
}
