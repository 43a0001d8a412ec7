/**
 * Two runs question by question: what one answers that the other does not.
 *
 * @module
 */

import { isRedundant } from "../../evaluation/redundancy.ts";
import { byQuestion } from "../../evaluation/summary.ts";
import type { Verdict } from "../../evaluation/verdict.ts";
import { OUTCOME_MEANINGS } from "../../reports/outcome_table.ts";
import { html, paragraphHtml } from "../markup.ts";
import { type Attempted, byVariant, type Exam, type Report, UNTRAINED } from "../report.ts";
import type { Section } from "../section.ts";
import QUESTIONS_CSS from "./questions.css" with { type: "text" };
import QUESTIONS_HTML from "./questions.html" with { type: "text" };
import QUESTIONS_SCRIPT from "./questions.js" with { type: "text" };

/** What the page's script gets. */
export interface QuestionsData {
  /** Texts that others point to by their place; SQL mostly, as many answers are the same. */
  readonly texts: readonly string[];
  readonly exams: readonly ExamData[];
  /** Places of the runs that are compared first, in the list of all runs. */
  readonly first: readonly [before: number, after: number];
  /** What outcomes are called. */
  readonly outcomes: Readonly<Record<string, string>>;
}

/** The questions of an exam and the runs that took it. */
export interface ExamData {
  readonly name: string;
  readonly questions: readonly QuestionData[];
  readonly runs: readonly RunData[];
}

/** One question. */
export interface QuestionData {
  readonly id: string;
  readonly database: string;
  readonly difficulty: string | null;
  /** Place of its text; null where the data set was not there. */
  readonly question: number | null;
  readonly evidence: number | null;
  readonly gold: number;
}

/** One run, with an answer for each of the exam's questions. */
export interface RunData {
  readonly label: string;
  readonly answers: readonly AnswerData[];
}

/** What the attempts at a question came to: short, as there are many of them. */
export type AnswerData = readonly [
  attempts: number,
  right: number,
  calls: number,
  redundant: number,
  /** Of the attempt that is shown: the first that is not right, or the first. */
  outcome: string,
  /** Place of its SQL; null where there was none. */
  sql: number | null,
];

/** The section. */
export function questionsSection(report: Pick<Report, "exams" | "questions">): Section {
  return {
    id: "questions",
    title: "Question by question",
    html: [
      paragraphHtml(
        html(
          "What the second run answers right more often than the first is <b>gained</b>, what it answers right less " +
            "often is <b>lost</b>; of one run chosen twice each question is right or wrong. A question opens to show " +
            "the gold SQL and the answers.",
        ),
      ),
      QUESTIONS_HTML,
    ].join("\n"),
    css: QUESTIONS_CSS,
    script: QUESTIONS_SCRIPT,
    data: questionsData(report),
  };
}

/** What the page's script shows. */
export function questionsData(
  { exams, questions }: Pick<Report, "exams" | "questions">,
): QuestionsData {
  const texts = new Texts();
  const data = exams.map((exam): ExamData => {
    const [{ verdicts }] = exam.attempted;
    const known = questions.get(exam.name);
    const asked = [...byQuestion(verdicts)].map(([id, [{ databaseId, difficulty, goldSql }]]) => {
      const text = known?.get(id);
      return {
        id,
        database: databaseId,
        difficulty,
        question: text ? texts.place(text.question) : null,
        evidence: text?.evidence ? texts.place(text.evidence) : null,
        gold: texts.place(goldSql),
      };
    });
    const ids = asked.map(({ id }) => id);
    return { name: exam.name, questions: asked, runs: runsOf(exam, ids, texts) };
  });
  return {
    texts: texts.all,
    exams: data,
    first: firstPair(exams),
    outcomes: OUTCOME_MEANINGS_OF_ALL,
  };
}

const OUTCOME_MEANINGS_OF_ALL = { right: "right", ...OUTCOME_MEANINGS };

function runsOf(exam: Exam, ids: readonly string[], texts: Texts): RunData[] {
  return inOrder(exam).map(({ variant, seed, runId, verdicts }) => {
    const attempts = byQuestion(verdicts);
    return {
      label: `${variant}, seed ${seed} (run ${runId})`,
      answers: ids.map((id) => answerOf(attempts.get(id)!, texts)),
    };
  });
}

function answerOf(attempts: readonly Verdict[], texts: Texts): AnswerData {
  const shown = attempts.find(({ isCorrect }) => !isCorrect) ?? attempts[0];
  const calls = attempts.flatMap((attempt) => attempt.calls);
  return [
    attempts.length,
    attempts.filter(({ isCorrect }) => isCorrect).length,
    calls.length,
    calls.filter(isRedundant).length,
    shown.outcome,
    shown.predictedSql === null ? null : texts.place(shown.predictedSql),
  ];
}

/** Runs of an exam, variant by variant. */
function inOrder(exam: Exam): Attempted[] {
  return [...byVariant(exam).values()].flat();
}

/** FineStep's first run after the first of another trained algorithm, or what is nearest to that. */
function firstPair([exam]: readonly Exam[]): [number, number] {
  const runs = inOrder(exam);
  const [{ variant }] = runs;
  const others = runs.filter((run) => run.variant !== variant);
  const other = others.find((run) => run.variant !== UNTRAINED) ?? others[0] ?? runs.at(-1)!;
  return [runs.indexOf(other), 0];
}

/** Texts, each once. */
class Texts {
  readonly #places = new Map<string, number>();

  /** The place of a text, which is given one where it has none. */
  place(text: string): number {
    const known = this.#places.get(text);
    if (known !== undefined) return known;
    this.#places.set(text, this.#places.size);
    return this.#places.size - 1;
  }

  get all(): string[] {
    return [...this.#places.keys()];
  }
}
