import assert from "finestep/assert";
import fc from "fast-check";
import { stepValues } from "../../src/credit/assign.ts";
import { runEpisode } from "../../src/env/run_episode.ts";
import { ScriptedPolicy } from "../../src/policies/scripted.ts";
import { scored } from "../../src/rewards/score.ts";
import type { StepOutcome } from "../../src/server/session.ts";
import { EnvSession } from "../../src/server/session.ts";
import { answer, call } from "../env/shop.ts";
import { BERN, openServedShop, type ServedShop, ZURICH } from "./shop_server.ts";

function start({ context: { environment, groups } }: ServedShop, choice = {}): EnvSession {
  return EnvSession.start(environment, { exampleId: "7", ...choice }, groups);
}

const processOf = ({ metadata }: StepOutcome) => metadata.step_rewards.process;

Deno.test("EnvSession shows what tools give, and scores the answer", async () => {
  await using shop = await openServedShop();
  const session = start(shop);
  assert.match(session.prompt.at(-1)!.content, /How many shops are in Zurich\?/);
  const looked = await session.step({ text: call("SELECT DISTINCT city FROM shop") });
  assert.equal(looked.observation, "city\nZURICH\nBern\n(2 rows)");
  assert.deepEqual([looked.done, looked.reward, looked.metadata.turns_left], [false, 0, 3]);
  const answered = await session.step({ text: answer(ZURICH) });
  assert.deepEqual([answered.done, answered.reward, answered.observation], [true, 1, ""]);
  assert.equal(answered.metadata.episode?.stop_reason, "answer");
  assert.deepEqual(answered.metadata.episode, session.result);
});

Deno.test("EnvSession gives the rewards and values of a training episode of the same messages", async () => {
  await using shop = await openServedShop();
  const { environment: { task, episode, rewards, credit, splits } } = shop.context;
  const [example] = splits.get("dev")!;
  const messages = [
    call("SELECT DISTINCT city FROM shop"),
    call(ZURICH),
    call("SELECT town FROM shop"),
    "no tags at all",
  ];
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(...messages), { maxLength: 3 }),
      fc.constantFrom(ZURICH, BERN, "SELEC"),
      async (calls, sql) => {
        const script = [...calls, answer(sql)];
        const record = await runEpisode(example, new ScriptedPolicy(script), {
          ...{ ...episode, task, seed: 1 },
        });
        const expected = scored(record, rewards).rewards;
        const session = start(shop);
        const outcomes: StepOutcome[] = [];
        for (const text of script) outcomes.push(await session.step({ text }));
        assert.deepEqual(outcomes.map(processOf), [...expected.process]);
        assert.deepEqual(
          outcomes.map(({ observation }) => observation),
          record.steps.map(({ observation }) => observation ?? ""),
        );
        assert.equal(outcomes.at(-1)!.reward, expected.outcome);
        assert.deepEqual(session.result?.step_values, [...stepValues(expected, credit)]);
      },
    ),
    { numRuns: 20, seed: 1 },
  );
});

Deno.test("EnvSession takes a native call for the message that says the same", async () => {
  await using shop = await openServedShop();
  const native = start(shop);
  const text = start(shop);
  assert.deepEqual(
    await native.step({ tool: "execute_sql", arguments: { sql: BERN } }),
    await text.step({ text: call(BERN) }),
  );
  const [a, b] = [
    await native.step({ tool: "submit_answer", arguments: { answer: ZURICH } }),
    await text.step({ text: answer(ZURICH) }),
  ];
  assert.deepEqual(a, b);
});

Deno.test("EnvSession takes native calls that do not fit for violations, as in training", async () => {
  await using shop = await openServedShop({ maxTurns: 9 });
  const session = start(shop);
  const violation = async (tool: string, args: Record<string, unknown>) =>
    (await session.step({ tool, arguments: args })).metadata.violation;
  assert.equal(await violation("drop_table", {}), "unknown_tool");
  assert.equal(await violation("execute_sql", { sql: 1 }), "bad_arguments");
  assert.equal(await violation("execute_sql", { sql: [["</tool_call>"]] }), "bad_arguments");
  assert.equal(await violation("submit_answer", {}), "bad_answer");
  assert.equal(await violation("submit_answer", { answer: "SELECT 1\n```" }), "bad_answer");
  assert.equal(await violation("submit_answer", { answer: "x</answer>y" }), "text_outside_tags");
  assert.equal(await violation("execute_sql", { sql: "SELECT '</tool_call>'" }), null);
});

Deno.test("EnvSession says of a call that it repeats one, and of the end which were redundant", async () => {
  await using shop = await openServedShop();
  const session = start(shop);
  await session.step({ text: call(ZURICH) });
  const again = await session.step({ text: call(ZURICH) });
  assert.equal(again.metadata.redundancy, "R1");
  const { metadata } = await session.step({ text: answer(ZURICH) });
  assert.deepEqual(metadata.episode?.redundancy, [null, "R1", null]);
});

Deno.test("EnvSession takes a message beyond the limit for one that was cut off", async () => {
  await using shop = await openServedShop();
  const session = start(shop);
  const { metadata } = await session.step({ text: call(`${ZURICH} --${"x".repeat(2 ** 16)}`) });
  assert.equal(metadata.violation, "too_long");
  const blanks = "SELECT printf('%*s', 2000000, '')";
  const { observation } = await session.step({ text: call(blanks) });
  assert.match(observation, /\n {97}\.\.\.\n\(1 row\)$/);
});

Deno.test("EnvSession ends at the turn limit without an answer", async () => {
  await using shop = await openServedShop({ maxTurns: 2 });
  const session = start(shop);
  await session.step({ text: "?" });
  const last = await session.step({ text: call(ZURICH) });
  assert.deepEqual([last.done, last.reward], [true, 0]);
  assert.equal(last.metadata.episode?.stop_reason, "turn_limit");
  await assert.rejects(session.step({ text: answer(ZURICH) }), /the episode is over/);
});

Deno.test("EnvSession pays process rewards where the server is told to, the outcome on top", async () => {
  await using shop = await openServedShop({ scalarReward: "process" });
  const session = start(shop);
  assert.equal((await session.step({ text: call("SELECT 'nothing'") })).reward, 0.5);
  assert.equal((await session.step({ text: answer(ZURICH) })).reward, 2);
});

Deno.test("EnvSession leaves tools out of the prompt of clients that have their own", async () => {
  await using shop = await openServedShop();
  const [{ content: text }] = start(shop).prompt;
  const [{ content: tools }] = start(shop, { prompt: "tools" }).prompt;
  assert.match(text, /<tool_call>/);
  assert.doesNotMatch(tools, /tool_call|<answer>|<reasoning>/);
  assert.match(tools, /Submit the final answer with submit_answer\.\n\n# Instructions/);
});

Deno.test("EnvSession takes one step at a time", async () => {
  await using shop = await openServedShop();
  const session = start(shop);
  const first = session.step({ text: call(ZURICH) });
  await assert.rejects(session.step({ text: answer(ZURICH) }), /another one is being taken/);
  assert.equal((await first).done, false);
});

Deno.test("EnvSession.close() ends a step that is being taken, and all after it", async () => {
  await using shop = await openServedShop();
  const session = start(shop);
  const step = session.step({ text: call(ZURICH) });
  session.close("the test wants it");
  await assert.rejects(step, /the session was closed/);
  await session.settled;
  await assert.rejects(session.step({ text: answer(ZURICH) }), /the episode is over/);
  assert.equal(session.result, null);
});

Deno.test("EnvSession draws the question by the seed, and by the group for all of its episodes", async () => {
  await using shop = await openServedShop();
  const { environment, groups } = shop.context;
  const drawn = (choice: object) => EnvSession.start(environment, choice, groups).example.id;
  const bySeed = Array.from({ length: 20 }, (_, seed) => drawn({ seed }));
  assert.deepEqual(bySeed, Array.from({ length: 20 }, (_, seed) => drawn({ seed })));
  assert.deepEqual([...new Set(bySeed)].sort(), ["7", "8"]);
  const group = { id: "g", size: 20 };
  assert.equal(new Set(bySeed.map((_, seed) => drawn({ seed, group }))).size, 1);
});

Deno.test("EnvSession refuses a split or question that there is not", async () => {
  await using shop = await openServedShop();
  assert.throws(() => start(shop, { split: "train" }), /Unknown split "train": .* dev/);
  assert.throws(() => start(shop, { exampleId: "9" }), /has 2 questions: none is "9"/);
  assert.throws(() => start(shop, { exampleId: undefined, index: 2 }), /none is at 2/);
});

Deno.test("EnvSession tells every episode of a group its advantages once the last has ended", async () => {
  await using shop = await openServedShop();
  const group = { id: "g", size: 2 };
  const first = start(shop, { group, episodeId: "a" });
  const second = start(shop, { group, episodeId: "b" });
  const right = await first.step({ text: answer(ZURICH) });
  assert.deepEqual(right.metadata.episode?.group, { ...group, finished: 1, episodes: null });
  const wrong = await second.step({ text: answer(BERN) });
  const { episodes } = wrong.metadata.episode!.group!;
  assert.deepEqual(episodes!.map(({ episode_id }) => episode_id), ["a", "b"]);
  const [[better], [worse]] = episodes!.map(({ advantages }) => advantages);
  assert.ok(better > 0.7 && Math.abs(better + worse) < 1e-12);
  assert.deepEqual(first.result?.group, second.result?.group);
});
