import assert from "finestep/assert";
import { type Baseline, baselineText, parseBaseline, sortedJson } from "../../src/gate/baseline.ts";
import {
  determinismGate,
  goldGate,
  leaderboardGate,
  sandboxGate,
} from "../../src/gate/hard_gates.ts";
import { type Candidate, judge } from "../../src/gate/judge.ts";
import { EXIT_CODES } from "../../src/gate/verdict.ts";
import { gateText } from "../../src/reports/gate_report.ts";
import { MARKDOWN, PLAIN } from "../../src/reports/style.ts";
import { asExams, attempts, firstRight, OPTIONS } from "./attempts.ts";

const HASH = "0".repeat(64);

const BASELINE: Baseline = {
  command: "finestep leaderboard check --record",
  commit: "0123456789ab",
  machine: {
    cpu: "C",
    os: "linux x86_64",
    arithmetic: "a",
    onnxruntime: "1",
    deno: "2",
    threads: 1,
  },
  identity: { dataSet: { split: "dev" }, policy: "p", seed: 1 },
  attempts: asExams(attempts(firstRight(100, 200))),
  hashes: { greedy: HASH, sampled: HASH },
  frozen: { parsed: { "1/0": ["answer SELECT 1"] } },
};

const CANDIDATE: Candidate = {
  ...BASELINE,
  gates: [leaderboardGate(null, "0 rows")],
  trajectories: 1,
};

function verdictOf(changes: Partial<Candidate>): string {
  return judge(BASELINE, { ...CANDIDATE, ...changes }, OPTIONS).verdict;
}

const worse = (count: number) => ({ attempts: asExams(attempts(firstRight(count, 200))) });

Deno.test("judge() passes a tree that does what the baseline did", () => {
  const report = judge(BASELINE, CANDIDATE, OPTIONS);
  assert.equal(report.verdict, "PASS");
  assert.deepEqual([report.notes, report.incomparable], [[], null]);
});

Deno.test("judge() takes results that changed on the same kind of machine for a regression", () => {
  const report = judge(BASELINE, { ...CANDIDATE, ...worse(101) }, OPTIONS);
  assert.equal(report.verdict, "REGRESSION");
  const results = report.gates.find(({ name }) => name === "results")!;
  assert.equal(results.found, "398 of 400 attempts as in the baseline");
  assert.match(
    results.details[0],
    /^greedy: question 100: .*right 0, then 1; strictlyRight 0, then 1/,
  );
  assert.match(
    gateText("x", report, PLAIN),
    /If it is meant, run "finestep leaderboard check --record"/,
  );
});

for (
  const [what, changes] of Object.entries({
    "another kind of machine": { machine: { ...BASELINE.machine, cpu: "D" } },
    "another policy": { identity: { ...BASELINE.identity, policy: "q" } },
    "another seed": { identity: { ...BASELINE.identity, seed: 2 } },
  })
) {
  Deno.test(`judge() lets statistics alone decide on results of ${what}`, () => {
    assert.equal(verdictOf({ ...changes, ...worse(99) }), "INCONCLUSIVE");
    assert.equal(verdictOf({ ...changes, ...worse(120) }), "PASS");
    assert.equal(verdictOf({ ...changes, ...worse(60) }), "REGRESSION");
    assert.match(judge(BASELINE, { ...CANDIDATE, ...changes }, OPTIONS).notes[0], new RegExp(what));
  });
}

Deno.test("judge() leaves another policy open that did the same on a few questions", () => {
  const few = { attempts: asExams(attempts([1, 1, 1])) };
  assert.equal(verdictOf(few), "PASS");
  const identity = { ...BASELINE.identity, policy: "q" };
  assert.equal(verdictOf({ ...few, identity }), "INCONCLUSIVE");
});

Deno.test("judge() leaves open what another data set gives, and names the first difference", () => {
  const identity = { ...BASELINE.identity, dataSet: { split: "test" } };
  const report = judge(BASELINE, { ...CANDIDATE, identity, ...worse(10) }, OPTIONS);
  assert.deepEqual([report.verdict, report.metrics], ["INCONCLUSIVE", []]);
  assert.equal(report.incomparable, 'dataSet.split: "dev", then "test"');
});

Deno.test("judge() takes frozen trajectories that score otherwise for a regression on every machine", () => {
  const frozen = { parsed: { "1/0": ["violation no_action"] } };
  const machine = { ...BASELINE.machine, cpu: "D" };
  const report = judge(BASELINE, { ...CANDIDATE, machine, frozen }, OPTIONS);
  assert.equal(report.verdict, "REGRESSION");
  assert.match(
    report.gates.find(({ name }) => name === "frozen trajectories")!.details[0],
    /^parsed: hash \w{12}, then \w{12}; first at 1\/0\.0: "answer SELECT 1", then "violation no_action"$/,
  );
});

Deno.test("judge() takes each hard gate that fails for a regression", () => {
  const some = asExams(attempts([1, 0]));
  const other = asExams(attempts([1, 1]));
  const sound = { databases: 1, changed: [], broken: [], attacks: 2, succeeded: [] };
  for (
    const gate of [
      goldGate({ wrong: ["7"], sound: 9, quarantined: 1 }),
      sandboxGate({ ...sound, changed: ["shop"] }),
      sandboxGate({ ...sound, broken: ["3"] }),
      sandboxGate({ ...sound, succeeded: ["DROP TABLE t: rows"] }),
      determinismGate(some, other, { greedy: ["a", "b"], sampled: ["a", "b"] }),
      leaderboardGate('row 1a2b3c4d ("grpo") is gone', "1 row"),
    ]
  ) {
    assert.equal(gate.isPassed, false, gate.name);
    assert.equal(verdictOf({ gates: [gate] }), "REGRESSION", gate.name);
  }
  assert.ok(goldGate({ wrong: [], sound: 9, quarantined: 1 }).isPassed);
  assert.ok(sandboxGate(sound).isPassed);
});

Deno.test("EXIT_CODES are those that a workflow waits for", () => {
  assert.deepEqual(EXIT_CODES, { PASS: 0, REGRESSION: 1, INCONCLUSIVE: 2 });
});

Deno.test("gateText() advises what it takes where a metric is open, also as Markdown", () => {
  const identity = { ...BASELINE.identity, policy: "q" };
  const few = attempts(firstRight(9, 10));
  const report = judge(BASELINE, { ...CANDIDATE, identity, attempts: asExams(few) }, OPTIONS);
  const text = gateText("this tree against main", report, MARKDOWN);
  assert.match(text, /^### INCONCLUSIVE: this tree against main\n/);
  assert.match(
    text,
    /- EX, %, greedy: a loss of up to [\d.]+ points cannot be ruled out with 10 questions, .* about \d+ questions would show it/,
  );
  assert.match(text, /\| EX, %, greedy \| 10 \|/);
});

Deno.test("parseBaseline() reads what baselineText() writes", () => {
  const text = baselineText(BASELINE);
  assert.deepEqual(parseBaseline(text, "gate.json"), BASELINE);
  assert.equal(baselineText(parseBaseline(text, "gate.json")), text);
});

Deno.test("baselineText() has sorted keys and an attempt a line", () => {
  const text = baselineText(BASELINE);
  assert.equal(
    text.split("\n").filter((line) => /^ {3}\["\d+","(shop|farm)",/.test(line)).length,
    400,
  );
  const keys = Object.keys(JSON.parse(text));
  assert.deepEqual(keys, keys.toSorted());
  assert.equal(sortedJson({ b: undefined, a: 1 }), '{"a":1}');
});

Deno.test("parseBaseline() names what is wrong", () => {
  const broken = (change: (file: Record<string, unknown>) => void) => {
    const file = JSON.parse(baselineText(BASELINE));
    change(file);
    return () => parseBaseline(JSON.stringify(file), "gate.json");
  };
  const message = (what: RegExp) => ({ name: "SyntaxError", message: what });
  assert.throws(
    () => parseBaseline("{", "gate.json"),
    message(/^Cannot read baseline gate\.json as it must be JSON/),
  );
  assert.throws(broken((file) => file.schema = "finestep.gate/9"), message(/a newer program/));
  assert.throws(broken((file) => file.schema = "gate"), message(/"schema" is wrong/));
  assert.throws(broken((file) => file.more = 1), message(/"more"/));
  assert.throws(broken((file) => delete file.frozen), message(/"frozen" is wrong/));
});
