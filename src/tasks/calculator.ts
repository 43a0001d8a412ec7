/**
 * A task without SQL: arithmetic of several steps with a calculator that does one at a time. An
 * example's gold is an expression, and the answer is its value.
 *
 * @module
 */

import type { Example } from "../dataset/example.ts";
import { protocolPrompt } from "../env/protocol_prompt.ts";
import type { Protocol, Task } from "../env/task.ts";
import type { SqlResult } from "../sandbox/result_set.ts";
import { fractionText, parsedExpression, valueOf } from "./arithmetic.ts";
import { CALCULATE, calculated } from "./calculate.ts";

/** A number as an answer has it: whole, decimal, or a fraction such as `7/2`. */
const NUMBER = /^-?\d+(?:\.\d+)?(?:\/\d+)?$/;

const NO_NUMBER = {
  kind: "error",
  message: "the answer must be one number",
  elapsedMs: 0,
} as const;

const PROTOCOL: Protocol = { tools: [CALCULATE], answerLanguage: "number" };

const SYSTEM_PROMPT = `\
You solve problems of arithmetic in several steps. You work in turns: in a turn you either call a \
tool and see its result in the next turn, or give the final answer, which is one number.

${protocolPrompt(PROTOCOL, { call: { expression: "12 + 7" }, answer: "19" })}`;

/** Arithmetic with a calculator; an answer is right if it equals the gold's value exactly. */
export const CALCULATOR: Task = {
  name: "calculator",
  tools: [CALCULATE],
  answerLanguage: PROTOCOL.answerLanguage,
  answerRule: "the number of the gold expression, exactly",
  // A right step seldom holds the final value, so there is nothing for a recall to measure.
  rewards: { softWeight: 0 },
  prompt: ({ question }, template) =>
    template === "compact"
      ? [{ role: "user", content: question }]
      : [{ role: "system", content: SYSTEM_PROMPT }, { role: "user", content: question }],
  answer: (text) => Promise.resolve(NUMBER.test(text) ? valueIn(text) : NO_NUMBER),
  gold: ({ goldSql }) => Promise.resolve(valueIn(goldSql)),
  goldAnswer: ({ goldSql }: Example) => fractionText(valueOf(parsedExpression(goldSql))),
};

function valueIn(text: string): SqlResult {
  return calculated(text, { maxOperations: Infinity });
}
