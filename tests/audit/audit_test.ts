import assert from "finestep/assert";
import { ALGORITHM_NAMES, makeAlgorithm } from "../../src/algorithms/mod.ts";
import { audit, type AuditedTrace } from "../../src/audit/audit.ts";
import { limitsOf } from "../../src/audit/limits.ts";
import { readLine } from "../../src/audit/read_line.ts";
import { type AuditMeasure, totals } from "../../src/audit/totals.ts";
import type { Trace } from "../../src/audit/trace.ts";
import { redundancyOf } from "../../src/evaluation/redundancy.ts";
import { rewardOptions } from "../../src/rewards/options.ts";
import { scored } from "../../src/rewards/score.ts";
import { encodeEpisode } from "../../src/trajectory/codec.ts";
import type { Episode } from "../../src/trajectory/episode.ts";
import { answer, call, episode, failure, rows, VIOLATION } from "../rewards/episodes.ts";
import { dialogue, says, traceOf } from "./chats.ts";

const GOLD = rows([1n], [2n]);
const EPISODES: readonly Episode[] = [
  episode([answer("SELECT a", GOLD)], GOLD),
  episode([call("SELECT a", GOLD), call("select a;", GOLD), answer("SELECT a", GOLD)], GOLD),
  episode([call("SELECT b", rows([1n])), VIOLATION, answer("SELECT c", failure("no"))], GOLD),
  episode([call("SELECT d", failure("no such table: d"))], GOLD),
];
const TRACES = EPISODES.map((episode, n) => readLine(encodeEpisode(episode), n + 1));

function audited(traces: readonly Trace[], name = "finestep"): AuditedTrace[] {
  const algorithm = makeAlgorithm(name);
  return audit(traces, algorithm, rewardOptions(algorithm.name));
}

const advantagesOf = (traces: readonly AuditedTrace[]) =>
  traces.map(({ credit }) => credit.compared?.advantages ?? null);
const named = (measures: readonly AuditMeasure[]) =>
  Object.fromEntries(measures.map((measure) => [measure.name, measure]));

for (const name of ALGORITHM_NAMES.filter((name) => name !== "sft")) {
  Deno.test(`audit() gives the redundancy and the advantages that training by ${name} has`, () => {
    const algorithm = makeAlgorithm(name);
    const group = EPISODES.map((episode) => scored(episode, rewardOptions(algorithm.name)));
    const found = audited(TRACES, name);
    assert.deepEqual(advantagesOf(found), algorithm.advantages(group));
    assert.deepEqual(
      found.map(({ credit }) => credit.process),
      group.map((g) => g.rewards.process),
    );
    assert.deepEqual(found.map(({ redundancy }) => redundancy), EPISODES.map(redundancyOf));
  });
}

Deno.test("audit() takes the outcomes that training under other reward options has", () => {
  const algorithm = makeAlgorithm("dr_grpo");
  const rewards = rewardOptions("dr_grpo", { outcome: "skyrl" });
  const group = EPISODES.map((episode) => scored(episode, rewards));
  assert.deepEqual(group.map((g) => g.rewards.outcome), [1, 1, -1, -1]);
  assert.deepEqual(
    advantagesOf(audit(TRACES, algorithm, rewards)),
    algorithm.advantages(group),
  );
});

Deno.test("audit() takes a given outcome before what the results say", () => {
  const [right, ...others] = TRACES;
  const given = audited([{ ...right, outcome: 0 }, ...others], "grpo");
  assert.equal(given[0].credit.compared!.advantages[0], given[2].credit.compared!.advantages[0]);
});

Deno.test("audit() compares within groups only, and keeps the order of the lines", () => {
  const other = EPISODES.map((episode) => ({ ...episode, exampleId: "2" }));
  const mixed = EPISODES.flatMap((episode, n) => [episode, other[n]])
    .map((episode, n) => readLine(encodeEpisode(episode), n + 1));
  const found = audited(mixed);
  assert.deepEqual(found.map(({ line }) => line), mixed.map(({ line }) => line));
  const first = found.filter(({ group }) => group === "1");
  assert.deepEqual(advantagesOf(first), advantagesOf(audited(TRACES)));
  assert.deepEqual(first.map(({ groupSize }) => groupSize), [4, 4, 4, 4]);
});

Deno.test("audit() works two attempts out as by hand, where there is no recall", () => {
  const right = traceOf([...dialogue(["SELECT 1", "1"]), says("SELECT 1")], {
    group: "g",
    outcome: 1,
  });
  const wrong = traceOf([...dialogue(["SELECT x", "Error: x"])], { group: "g", outcome: 0 });
  const [a, b] = audited([right, wrong]);
  // lambda 1/2, gamma 0.9; the hard constraint is 1, 1 and 0.
  assert.deepEqual(a.credit.recall, null);
  assert.deepEqual(a.credit.process, Float64Array.of(1, 1));
  assert.deepEqual(b.credit.process, Float64Array.of(0));
  assert.deepEqual(a.credit.compared?.discounted, Float64Array.of(0.9, 1));
  assert.deepEqual(a.credit.compared?.values, Float64Array.of(0.95, 1));
  assert.deepEqual(b.credit.compared?.values, Float64Array.of(0));
  // Values 0.95, 1 and 0 have the mean 0.65 and the variance (0.3^2 + 0.35^2 + 0.65^2) / 2 = 0.3175.
  const std = Math.sqrt(0.3175) + 1e-6;
  const [first, second] = a.credit.compared!.advantages;
  assert.ok(Math.abs(first - 0.3 / std) < 1e-12);
  assert.ok(Math.abs(second - 0.35 / std) < 1e-12);
});

Deno.test("audit() leaves the recall out for a whole group where one trajectory lacks it", () => {
  const text = traceOf(dialogue(["SELECT 1", "1"]), { group: "1", outcome: 0 });
  const found = audited([...TRACES, text]);
  assert.ok(found.every(({ credit }) => credit.recall === null));
  assert.deepEqual(found[2].credit.process, found[2].credit.hard);
});

Deno.test("audit() has no advantages in a group with an unknown outcome, and says so", () => {
  const unknown = traceOf(dialogue(["SELECT 1", "1"]), { group: "1" });
  const alone = { ...TRACES[0], group: "2" };
  const found = audited([...TRACES, unknown, alone]);
  assert.deepEqual(
    advantagesOf(found).map((advantages) => advantages !== null),
    [false, false, false, false, false, true],
  );
  assert.match(limitsOf(found).join("\n"), /^1 of 6 trajectories have no outcome: /m);
});

Deno.test("audit() gives a trajectory alone what the preset's singleton says", () => {
  const alone = [TRACES[1]];
  assert.deepEqual(advantagesOf(audited(alone, "grpo")), [new Float64Array(3)]);
  const [raw] = advantagesOf(audited(alone, "matchtir"));
  assert.ok(raw!.some((advantage) => advantage !== 0));
  assert.match(limitsOf(audited(alone)).join("\n"), /^1 of 1 groups have one trajectory: /m);
});

Deno.test("audit() says which groups dapo would drop", () => {
  const equal = [TRACES[0], TRACES[1]];
  assert.deepEqual(audited(equal, "dapo").map(({ isKept }) => isKept), [false, false]);
  assert.deepEqual(audited(TRACES, "dapo").map(({ isKept }) => isKept), [true, true, true, true]);
});

Deno.test("audit() refuses an algorithm that compares nothing", () => {
  assert.throws(() => audited(TRACES, "sft"), /^RangeError: Cannot assign credit by "sft"/);
});

Deno.test("limitsOf() says nothing of results where rows are known", () => {
  assert.doesNotMatch(limitsOf(audited(TRACES)).join("\n"), /text|gold/);
});

Deno.test("totals() counts redundant calls, calls and advantages as by hand", () => {
  const found = audited(TRACES);
  const measures = named(totals(found, { seed: 1 }));
  assert.equal(measures.redundant_tool_calls.value, 1 / 4);
  assert.equal(measures.R2.value, 1 / 4);
  assert.equal(measures.tool_calls.value, 1);
  assert.equal(measures.failed_tool_calls.value, 1 / 4);
  assert.equal(measures.excess_steps.value, 1);
  assert.equal(measures.ex.value, 1 / 2);
  assert.equal(measures.R6Oracle.value, 1 / 4);
  const [, second] = advantagesOf(found);
  assert.equal(measures.advantage_redundant.value, second![1]);
});

Deno.test("totals() has intervals over groups, none for one, and no measure of which nothing is known", () => {
  const alone = named(totals(audited(TRACES), { seed: 1 }));
  assert.deepEqual([alone.ex.low, alone.ex.high, alone.ex.n], [null, null, 1]);
  const text = traceOf(dialogue(["SELECT 1", "1"], ["SELECT 1", "1"]), { group: "t" });
  const two = named(totals(audited([...TRACES, text]), { seed: 1 }));
  const { value, low, high, n } = two.redundant_tool_calls;
  assert.deepEqual([value, low, high, n], [2 / 6, 1 / 4, 1 / 2, 2]);
  assert.equal(two.R6Oracle.n, 1);
  assert.equal(two.ex.n, 1);
  const unknown = named(totals(audited([text]), { seed: 1 }));
  assert.deepEqual([unknown.ex, unknown.advantage_other, unknown.R6Oracle], [
    undefined,
    undefined,
    undefined,
  ]);
});
