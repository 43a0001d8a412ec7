/**
 * What the page rests on: every run, with the command that repeats it.
 *
 * @module
 */

import type { Run } from "../store/run_store.ts";
import { detailsHtml, html, paragraphHtml, tableHtml } from "./markup.ts";
import { countText } from "./numbers.ts";
import { escapeHtml, type Section } from "./section.ts";

/** The section. */
export function runsSection(runs: readonly Run[]): Section {
  const commits = [...new Set(runs.map(({ commit }) => commit ?? "an unknown commit"))];
  const rows = runs.map((run) => [
    String(run.id),
    run.kind,
    run.algorithm ?? "",
    String(run.seed),
    run.started.slice(0, 16).replace("T", " "),
    run.commit ?? "",
    html(`<code>${escapeHtml(run.command)}</code>`),
  ]);
  const columns = ["run", "kind", "algorithm", "seed", "started, UTC", "commit", "command"];
  return {
    id: "runs",
    title: "What this rests on",
    html: [
      paragraphHtml(
        `${countText(runs.length, "run")}, made by ${
          commits.join(", ")
        }. The same commit, command and seed give ` +
          `the same numbers. A + after a commit says that files differed from it.`,
      ),
      detailsHtml(
        "The runs and their commands",
        tableHtml("Runs", columns.map((heading) => ({ heading })), rows),
      ),
    ].join("\n"),
    css: "#runs code { white-space: nowrap; }",
  };
}
