/**
 * What clients do in whole episodes, and what comes of it without a server between.
 *
 * @module
 */

import { makeAlgorithm } from "../../../src/algorithms/mod.ts";
import { creditOptions } from "../../../src/audit/audit.ts";
import { defaults } from "../../../src/config/option.ts";
import { loadDataset } from "../../../src/dataset/dataset.ts";
import type { Example } from "../../../src/dataset/example.ts";
import { AnswerResults } from "../../../src/env/answer_results.ts";
import { ENV_OPTIONS } from "../../../src/env/options.ts";
import { rewardOptions } from "../../../src/rewards/options.ts";
import { SqlPool } from "../../../src/sandbox/pool.ts";
import type { ServerEnvironment } from "../../../src/server/environment.ts";
import { Groups } from "../../../src/server/groups.ts";
import { EnvSession, type StepOutcome } from "../../../src/server/session.ts";
import type { ClientAction } from "../../../src/server/tools.ts";
import { text2sql } from "../../../src/tasks/text2sql.ts";
import { answer, call } from "../../env/shop.ts";
import { Served } from "../served.ts";
import type { Python } from "./python.ts";

const DATA = "fixtures/minibird";
const SPLIT = "dev";

/** What the server of a test is started with; the rest is as by default. */
export const SERVED = ["--data", DATA, "--splits", "train,dev", "--workers", "2"];

/** One episode on one question, in both protocols. */
export interface Scenario {
  readonly name: "right" | "wrong" | "violation" | "turn limit";
  readonly split: string;
  readonly index: number;
  /** The model's messages. */
  readonly messages: readonly string[];
  /** The same by the client's own tool calls. */
  readonly calls: readonly (readonly [tool: string, input: Readonly<Record<string, unknown>>])[];
}

/** Observation, reward, whether it was the last, metadata. */
export type StepSeen = readonly [string, number, boolean, unknown];

/** An episode as clients should see it. */
export interface Native {
  readonly prompt: readonly string[];
  readonly steps: readonly StepSeen[];
}

/** The scenarios, and the environment without a server. */
class Reference implements AsyncDisposable {
  readonly scenarios: readonly Scenario[];
  readonly #pool: SqlPool;
  readonly #environment: ServerEnvironment;

  private constructor(pool: SqlPool, environment: ServerEnvironment) {
    this.#pool = pool;
    this.#environment = environment;
    this.scenarios = scenariosOn(environment.splits.get(SPLIT)!);
  }

  static async open(): Promise<Reference> {
    const pool = new SqlPool({ roots: [DATA], workers: 1 });
    const { examples } = await loadDataset(DATA, { split: SPLIT, pool });
    const env = defaults(ENV_OPTIONS);
    const answers = new AnswerResults(pool, { timeoutMs: env.answerTimeoutMs });
    const task = text2sql({ pool, answers, toolTimeoutMs: env.toolTimeoutMs });
    return new Reference(pool, {
      ...{ name: "finestep_bird", task, splits: new Map([[SPLIT, examples]]), episode: env },
      rewards: rewardOptions("finestep", task.rewards),
      credit: creditOptions(makeAlgorithm("finestep")),
      ...{ scalarReward: "outcome", keeper: null },
    });
  }

  /** What a client that sends the model's messages should see. */
  byMessage(): Promise<Native[]> {
    return this.#all("text", ({ messages }) => messages.map((text) => ({ text })));
  }

  /** What a client that calls tools should see. */
  byCall(): Promise<Native[]> {
    const action = ([tool, input]: Scenario["calls"][number]) => ({ tool, arguments: input });
    return this.#all("tools", ({ calls }) => calls.map(action));
  }

  async #all(
    prompt: "text" | "tools",
    actions: (scenario: Scenario) => readonly ClientAction[],
  ): Promise<Native[]> {
    const natives: Native[] = [];
    const groups = new Groups(this.#environment.credit, { idleMs: 1, maxGroups: 1, now: () => 0 });
    for (const scenario of this.scenarios) {
      const { split, index } = scenario;
      const session = EnvSession.start(this.#environment, { split, index, prompt }, groups);
      const steps: StepSeen[] = [];
      for (const action of actions(scenario)) steps.push(seen(await session.step(action)));
      natives.push({ prompt: session.prompt.map(({ content }) => content), steps });
    }
    return natives;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool[Symbol.asyncDispose]();
  }
}

/**
 * What a client of a script saw of a served environment in all scenarios, beside what it should have seen.
 * The script is given the server's address, and the scenarios on stdin.
 */
export async function driven(python: Python, script: string) {
  await using reference = await Reference.open();
  await using served = await Served.start(...SERVED);
  const { scenarios } = reference;
  return {
    scenarios,
    seen: await python.run(script, [served.url], scenarios),
    byMessage: await reference.byMessage(),
    byCall: await reference.byCall(),
  };
}

/** As it comes over a wire. */
function seen({ observation, reward, done, metadata }: StepOutcome): StepSeen {
  return JSON.parse(JSON.stringify([observation, reward, done, metadata]));
}

function scenariosOn(examples: readonly Example[]): Scenario[] {
  const look = "SELECT name FROM sqlite_master ORDER BY name";
  const gold = (index: number) => examples[index].goldSql;
  const scenario = (
    name: Scenario["name"],
    index: number,
    messages: Scenario["messages"],
    calls: Scenario["calls"],
  ) => ({ ...{ name, split: SPLIT, index, messages, calls } });
  const looks = Array.from({ length: ENV_OPTIONS.maxTurns.default }, () => look);
  return [
    scenario("right", 0, [call(look), answer(gold(0))], [
      ["execute_sql", { sql: look }],
      ["submit_answer", { answer: gold(0) }],
    ]),
    scenario("wrong", 1, [call(gold(1)), answer("SELECT 'no'")], [
      ["execute_sql", { sql: gold(1) }],
      ["submit_answer", { answer: "SELECT 'no'" }],
    ]),
    scenario("violation", 2, ["Sure!", call("SELEC 1"), answer(gold(2))], [
      ["execute_sql", { query: look }],
      ["execute_sql", { sql: "SELEC 1" }],
      ["submit_answer", { answer: gold(2) }],
    ]),
    scenario("turn limit", 3, looks.map(call), looks.map((sql) => ["execute_sql", { sql }])),
  ];
}
