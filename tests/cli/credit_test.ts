import assert from "finestep/assert";
import { join } from "node:path";
import { makeAlgorithm } from "../../src/algorithms/mod.ts";
import { loadDataset } from "../../src/dataset/dataset.ts";
import { runGroup } from "../../src/env/run_group.ts";
import { type RedundancyClass, redundancyOf } from "../../src/evaluation/redundancy.ts";
import { ScriptedPolicy } from "../../src/policies/scripted.ts";
import { AUDIT, type AuditDocument, auditSchemas } from "../../src/reports/audit_schema.ts";
import { rewardOptions } from "../../src/rewards/options.ts";
import { scored } from "../../src/rewards/score.ts";
import { SqlPool } from "../../src/sandbox/pool.ts";
import { encodeEpisode } from "../../src/trajectory/codec.ts";
import type { Episode } from "../../src/trajectory/episode.ts";
import { answer, call, sqlTask } from "../env/shop.ts";
import { writeTinyBird } from "../tiny/bird.ts";
import { finestep } from "../tiny/workplace.ts";

const RIGHT = "SELECT count(*) FROM item";

/** What an agent does at each attempt; some attempts are right, some wander. */
const ATTEMPTS: readonly (readonly string[])[] = [
  [answer(RIGHT)],
  [call(RIGHT), call("select COUNT(*) from item;"), call(RIGHT), answer(RIGHT)],
  [
    ...[call("SELECT x FROM itm"), call("SELECT y FROM itm"), "no format at all"],
    ...[call("SELECT max(id) FROM item"), answer("SELECT max(price) FROM item")],
  ],
  [
    ...[
      call("SELECT name FROM item"),
      call("SELECT nam FROM item"),
      call("SELECT nam, id FROM item"),
    ],
    ...[call("SELECT price FROM item WHERE 0"), call("SELECT id FROM item WHERE 0")],
  ],
];

/** A folder with the tiny data set and attempts at two of its questions. */
class Bench implements AsyncDisposable {
  readonly episodes: Episode[] = [];

  private constructor(readonly path: string) {}

  static async open(): Promise<Bench> {
    const bench = new Bench(await Deno.makeTempDir({ prefix: "finestep" }));
    const data = bench.file("data");
    await writeTinyBird(data);
    const { examples } = await loadDataset(data, { split: "dev", schemas: "skip" });
    await using pool = new SqlPool({ roots: [data], workers: 2 });
    const task = sqlTask(pool, { timeoutMs: 30_000 });
    const policy = new ScriptedPolicy(({ seed, turn }) =>
      ATTEMPTS[seed][turn] ?? { text: "", finish: "nothing" }
    );
    for (const example of [examples[0], examples[4]]) {
      const seeds = ATTEMPTS.map((_, seed) => seed);
      bench.episodes.push(...await runGroup(example, policy, { task, seeds }));
    }
    return bench;
  }

  file(name: string): string {
    return join(this.path, name);
  }

  /** Writes lines and audits them. */
  async credit(lines: readonly string[], ...flags: string[]) {
    await Deno.writeTextFile(this.file("runs.jsonl"), lines.map((line) => `${line}\n`).join(""));
    return await finestep("credit", this.file("runs.jsonl"), ...flags);
  }

  async audit(lines: readonly string[], ...flags: string[]): Promise<AuditDocument> {
    const { code, stdout, stderr } = await this.credit(lines, "--json", ...flags);
    assert.deepEqual([code, stderr], [0, ""]);
    return AUDIT.parse(JSON.parse(stdout));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

/** The episode as another agent would have recorded it: chat messages with replies as text. */
function chatLine(episode: Episode): string {
  const messages: unknown[] = [...episode.prompt];
  episode.steps.forEach(({ action, text, observation }, n) => {
    if (action.kind === "toolCall") {
      const called = { name: action.tool, arguments: JSON.stringify(action.arguments) };
      messages.push(
        {
          role: "assistant",
          content: action.reasoning,
          tool_calls: [{ id: `c${n}`, type: "function", function: called }],
        },
        { role: "tool", tool_call_id: `c${n}`, content: observation },
      );
    } else if (action.kind === "answer") {
      messages.push({ role: "assistant", content: `\`\`\`sql\n${action.sql}\n\`\`\`` });
    } else {messages.push({ role: "assistant", content: text }, {
        role: "user",
        content: observation,
      });}
  });
  const { exampleId: question_id, finalSql: final_sql } = episode;
  return JSON.stringify({ messages, question_id, final_sql });
}

function classesOf({ trajectories }: AuditDocument, kept: readonly RedundancyClass[]) {
  return trajectories.map(({ steps }) =>
    steps.filter(({ kind }) => kind === "toolCall")
      .map(({ classes }) => classes.filter((name) => kept.includes(name)))
  );
}

Deno.test("finestep credit scores episodes as the metric and training do, and chats of them alike", async () => {
  await using bench = await Bench.open();
  const { episodes } = bench;
  const exact = await bench.audit(episodes.map((episode) => encodeEpisode(episode)));

  const redundancies = episodes.map(redundancyOf);
  const called = exact.trajectories.map(({ steps }) =>
    steps.filter(({ kind }) => kind === "toolCall").map(({ classes, category }) => ({
      classes,
      category,
    }))
  );
  assert.deepEqual(
    called,
    redundancies.map(({ calls }) => calls.map(({ classes, category }) => ({ classes, category }))),
  );
  // The attempts are made so that every class that needs no schema occurs.
  assert.deepEqual(
    [...new Set(called.flat().flatMap(({ category }) => category ?? []))].sort(),
    ["R1", "R2", "R3"],
  );

  const algorithm = makeAlgorithm("finestep");
  const groups = [...Map.groupBy(episodes, ({ exampleId }) => exampleId).values()];
  const advantages = groups.flatMap((group) =>
    algorithm.advantages(group.map((one) => scored(one, rewardOptions(algorithm.name))))
  );
  assert.deepEqual(
    exact.trajectories.map(({ steps }) => steps.map(({ advantage }) => advantage)),
    advantages.map((steps) => [...steps]),
  );

  const chats = episodes.map(chatLine);
  const text = await bench.audit(chats);
  assert.ok(text.trajectories.some(({ results }) => results === "text"));
  const shared = ["R1", "R2", "R3"] as const;
  assert.deepEqual(classesOf(text, shared), classesOf(exact, shared));

  const again = await bench.audit(chats, "--data", bench.file("data"), "--split", "dev");
  const scores = ({ trajectories }: AuditDocument) =>
    trajectories.map(({ outcome, calls, redundant, failed, excessSteps, steps }) => ({
      ...{ outcome, calls, redundant, failed, excessSteps },
      steps: steps.map(({ message: _, ...step }) => step),
    }));
  assert.deepEqual(scores(again), scores(exact));
});

Deno.test("finestep credit prints totals, what is missing, the worst first, and one step by step", async () => {
  await using bench = await Bench.open();
  const lines = bench.episodes.slice(0, 4).map(chatLine);
  const { code, stdout, stderr } = await bench.credit(lines, "--top", "1");
  assert.deepEqual([code, stderr], [0, ""]);
  assert.match(stdout, /runs\.jsonl: trajectories 4, groups 1, advantages of finestep\.default/);
  assert.match(stdout, /\| redundant tool calls \(RTR\), % +\| +36\.4 \| 1 \|/);
  assert.match(stdout, /^- 4 of 4 trajectories have no outcome: /m);
  assert.match(stdout, /^- 4 of 4 trajectories have no gold result: /m);
  assert.match(stdout, /redundant calls \(1 of 4\)[^]*\n\| +2 \| line 2 .*\| R1 1, R2 1 /);
  const steps = await bench.credit(lines, "--steps", "2");
  assert.match(steps.stdout, /^Line 2: line 2, group 0 of 4, answer of unknown outcome\n/);
  assert.match(steps.stdout, /\| +2 \| execute_sql \| select COUNT.*\| R2 R6 /);
});

Deno.test("finestep credit names the line that it cannot read, or leaves it out", async () => {
  await using bench = await Bench.open();
  const good = encodeEpisode(bench.episodes[0]);
  const lines = [good, "", '{"messages": []}', "no JSON", good];
  const { code, stderr } = await bench.credit(lines);
  assert.equal(code, 1);
  assert.match(stderr, /^Cannot read line 3 as "messages" is wrong: .*runs\.jsonl; --skip-invalid/);
  const { skipped, trajectories } = await bench.audit(lines, "--skip-invalid");
  assert.deepEqual(trajectories.map(({ line }) => line), [1, 5]);
  assert.deepEqual(skipped.map((reason) => reason.slice(0, 18)), [
    "Cannot read line 3",
    "Cannot read line 4",
  ]);
});

Deno.test("finestep credit names what it cannot audit", async () => {
  await using bench = await Bench.open();
  const good = encodeEpisode(bench.episodes[0]);
  const failing = async (lines: readonly string[], ...flags: string[]) => {
    const { code, stderr } = await bench.credit(lines, ...flags);
    return [code, stderr.replaceAll(bench.path, "")];
  };
  assert.deepEqual(await failing([""]), [
    1,
    "Cannot audit /runs.jsonl as it must hold a trajectory: there is none\n",
  ]);
  assert.deepEqual(await failing([good], "--steps", "3"), [
    1,
    "Cannot print line 3 of /runs.jsonl as it must hold a trajectory: those that do are 1\n",
  ]);
  const [code, message] = await failing([good], "--error-pattern", "(");
  assert.equal(code, 2);
  assert.match(
    String(message),
    /^Cannot set "--error-pattern" as it must be a regular expression: /,
  );
  const other = JSON.stringify({ ...JSON.parse(chatLine(bench.episodes[0])), database: "zoo" });
  assert.deepEqual(await failing([other], "--data", bench.file("data"), "--split", "dev"), [
    1,
    'Cannot run line 1 again as question 0 is of database "kiosk": the line is of "zoo"\n',
  ]);
});

Deno.test("finestep credit says which outcomes differ from EX, and which questions it does not know", async () => {
  await using bench = await Bench.open();
  const given = { ...JSON.parse(chatLine(bench.episodes[0])), outcome: 0 };
  const lines = [given, { ...given, question_id: "99" }].map((line) => JSON.stringify(line));
  const { limits, trajectories } = await bench.audit(
    lines,
    ...["--data", bench.file("data"), "--split", "dev"],
  );
  assert.deepEqual(trajectories.map(({ outcome }) => outcome), [1, 0]);
  assert.match(limits[0], /^1 of 2 trajectories are of no question of /);
  assert.equal(limits[1], "1 of 2 outcomes given differ from EX, which counts: lines 1");
});

Deno.test("finestep credit runs the gold SQL of a line before that of its question", async () => {
  await using bench = await Bench.open();
  const line = { ...JSON.parse(chatLine(bench.episodes[0])), gold_sql: "SELECT 0" };
  const flags = ["--data", bench.file("data"), "--split", "dev"];
  const { trajectories: [{ outcome }] } = await bench.audit([JSON.stringify(line)], ...flags);
  assert.equal(outcome, 0);
});

Deno.test("docs/schemas/ has the forms of audits as audit_schema.ts says: deno task docs", () => {
  for (const [name, schema] of Object.entries(auditSchemas())) {
    const path = new URL(`../../docs/schemas/${name}`, import.meta.url);
    assert.deepEqual(JSON.parse(Deno.readTextFileSync(path)), schema, name);
  }
});
