import assert from "finestep/assert";
import { openDatabase } from "finestep/sqlite";
import { dirname, join } from "node:path";
import { type Metric, openStore, RunStore } from "../../src/store/run_store.ts";
import { anEpisode, aRecord, aVerdict, RUN } from "./episodes.ts";
import { withFolder } from "../tiny/folders.ts";

const START = Date.UTC(2026, 0, 2, 3, 4, 5);

Deno.test("RunStore.run() gives back what a run was started and finished with", () => {
  using store = new RunStore(":memory:", { now: () => START });
  const id = store.startRun(RUN);
  store.finishRun(id, "finished");
  assert.deepEqual(store.run(id), {
    ...RUN,
    id,
    started: "2026-01-02T03:04:05.000Z",
    finished: "2026-01-02T03:04:05.000Z",
    status: "finished",
    trainStepCount: 0,
    episodeCount: 0,
    verdictCount: 0,
  });
});

Deno.test("RunStore.run() refuses an id that is not stored", () => {
  using store = new RunStore(":memory:");
  assert.throws(() => store.run(7), {
    name: "RangeError",
    message: "Cannot read run 7 as it is not in the store: :memory:",
  });
});

Deno.test("RunStore.episodes() gives back what addTrainStep() stored, in order", () => {
  using store = new RunStore(":memory:");
  const id = store.startRun(RUN);
  const records = ["b", "a", "c"].map((exampleId) => aRecord(exampleId, 0));
  store.addTrainStep(id, { trainStep: 0, metrics: {} }, records);
  store.addTrainStep(id, { trainStep: 1, metrics: {} }, [aRecord("d", null)]);
  assert.deepEqual([...store.episodes(id, "train")], records);
  assert.equal(store.run(id).episodeCount, 4);
});

Deno.test("RunStore.verdicts() gives back what addVerdicts() stored, in the order of the questions", () => {
  using store = new RunStore(":memory:");
  const id = store.startRun(RUN);
  const judged = ["c", "a", "b"].map((exampleId, n) => ({
    verdict: aVerdict(exampleId, { rVesReward: n / 3 }),
    position: 2 - n,
    episode: n === 0 ? { ...aRecord(exampleId, null), phase: "eval" as const } : null,
  }));
  store.addVerdicts(id, "eval", judged.slice(0, 2));
  store.addVerdicts(id, "eval", judged.slice(2));
  assert.deepEqual(store.verdicts(id, "eval"), judged.toReversed().map(({ verdict }) => verdict));
  assert.deepEqual(store.verdicts(id, "before"), []);
  const { verdictCount, episodeCount } = store.run(id);
  assert.deepEqual([verdictCount, episodeCount], [3, 1]);
});

Deno.test("RunStore.addVerdicts() counts a question once, by its last verdict", () => {
  using store = new RunStore(":memory:");
  const id = store.startRun(RUN);
  const add = (rVesReward: number | null) =>
    store.addVerdicts(id, "eval", [
      { verdict: aVerdict("a", { rVesReward }), position: 0, episode: null },
    ]);
  add(null);
  add(1.25);
  assert.deepEqual(store.verdicts(id, "eval").map(({ rVesReward }) => rVesReward), [1.25]);
});

Deno.test("RunStore.addTrainStep() counts the tool calls for SQL readers", async () => {
  await withFile((path) => {
    using store = openStore(path);
    const step = { trainStep: 0, metrics: {} };
    store.addTrainStep(store.startRun(RUN), step, [aRecord("a", 0)]);
    using database = openDatabase(path, { isReadOnly: true });
    const row = database.prepare("SELECT calls, redundant, is_correct FROM episodes").get();
    assert.deepEqual({ ...row }, { calls: 1, redundant: 1, is_correct: 1 });
  });
});

Deno.test("RunStore.trainSteps() gives a metric that is not finite as NaN", () => {
  using store = new RunStore(":memory:");
  const id = store.startRun(RUN);
  store.addTrainStep(id, { trainStep: 0, metrics: { "loss/total": NaN, "time/rollout_ms": 12 } });
  const [{ metrics }] = store.trainSteps(id);
  assert.deepEqual(metrics, { "loss/total": NaN, "time/rollout_ms": 12 });
});

Deno.test("RunStore.addMetrics() replaces a metric stored before", () => {
  using store = new RunStore(":memory:");
  const id = store.startRun(RUN);
  store.addMetrics(id, [metric({ value: 0.2 })]);
  store.addMetrics(id, [metric({ value: 0.4 }), metric({ name: "tool_calls", low: null })]);
  assert.deepEqual(store.metrics(id), [
    metric({ value: 0.4 }),
    metric({ name: "tool_calls", low: null }),
  ]);
});

Deno.test("RunStore.truncateAfter() forgets what a resumed run does again", () => {
  using store = new RunStore(":memory:");
  const id = store.startRun(RUN);
  const other = store.startRun(RUN);
  for (const run of [id, other]) {
    for (const trainStep of [0, 1, 2, 3]) {
      store.addTrainStep(run, { trainStep, metrics: {} }, [aRecord("a", trainStep)]);
    }
    for (const phase of ["before", "after"] as const) {
      const episode = { ...aRecord("a", null), phase };
      store.addVerdicts(run, phase, [{ verdict: aVerdict("a"), position: 0, episode }]);
    }
    store.addMetrics(run, [metric({ phase: "before" }), metric({ phase: "after" })]);
    store.finishRun(run, "interrupted");
  }
  store.truncateAfter(id, 2);
  assert.deepEqual(store.trainSteps(id).map(({ trainStep }) => trainStep), [0, 1]);
  assert.deepEqual([...store.episodes(id, "train")].map(({ trainStep }) => trainStep), [0, 1]);
  assert.equal([...store.episodes(id, "after")].length, 0);
  assert.equal([...store.episodes(id, "before")].length, 1);
  assert.deepEqual(
    [store.verdicts(id, "before").length, store.verdicts(id, "after").length],
    [1, 0],
  );
  assert.deepEqual(store.metrics(id).map(({ phase }) => phase), ["before"]);
  assert.equal(store.run(id).status, "running");
  assert.equal(store.run(id).finished, null);
  assert.equal(store.run(other).trainStepCount, 4);
  assert.equal(store.run(other).episodeCount, 6);
});

Deno.test("RunStore.truncateAfter() refuses a run that is not stored", () => {
  using store = new RunStore(":memory:");
  assert.throws(() => store.truncateAfter(1, 0), RangeError);
});

Deno.test("RunStore.addTrainStep() on a full disk says so and stores none of them", async () => {
  await withFile((path) => {
    const id = storeOneRun(path);
    const big = { ...anEpisode("big"), goldSql: "x".repeat(100_000) };
    using store = openStore(path, { pragmas: [`max_page_count = ${pagesOf(path) + 10}`] });
    const records = [aRecord("b", 1), { ...aRecord("b", 1), episode: big }];
    const step = { trainStep: 1, metrics: {} };
    assert.throws(() => store.addTrainStep(id, step, records), {
      message: `Cannot store training step 1 of run ${id} as database or disk is full: ${path}`,
    });
    assert.deepEqual([...store.episodes(id, "train")], [aRecord("a", 0)]);
    store.addTrainStep(id, step, [aRecord("c", 1)]);
    assert.equal(store.run(id).episodeCount, 2);
  });
});

Deno.test("RunStore.addTrainStep() to a read-only store says so and loses nothing", async () => {
  await withFile((path) => {
    const id = storeOneRun(path);
    using store = openStore(path, { pragmas: ["query_only = ON"] });
    assert.throws(() => store.addTrainStep(id, { trainStep: 1, metrics: {} }), {
      message:
        `Cannot store training step 1 of run ${id} as attempt to write a readonly database: ${path}`,
    });
    assert.equal(store.run(id).trainStepCount, 1);
  });
});

Deno.test("openStore() refuses a file that is not SQLite and leaves it as it was", async () => {
  await withFile((path) => {
    Deno.writeTextFileSync(path, "notes, not a database".repeat(100));
    assert.throws(() => openStore(path), {
      message: `Cannot open the store as file is not a database: ${path}`,
    });
    assert(Deno.readTextFileSync(path).startsWith("notes"));
  });
});

Deno.test("openStore() makes the folder of its file", async () => {
  await withFile((path) => {
    const inner = join(dirname(path), "results", "runs", "finestep.sqlite");
    using store = openStore(inner);
    assert.deepEqual(store.runs(), []);
  });
});

Deno.test("openStore() opens what another process wrote, also while it is open there", async () => {
  await withFile((path) => {
    using first = openStore(path);
    const id = first.startRun(RUN);
    using second = openStore(path);
    second.addTrainStep(id, { trainStep: 0, metrics: { "reward/outcome": 1 } });
    assert.equal(first.run(id).trainStepCount, 1);
  });
});

function metric(changes: Partial<Metric>): Metric {
  return { phase: "eval", name: "ex", value: 0.5, low: 0.4, high: 0.6, n: 96, ...changes };
}

function storeOneRun(path: string): number {
  using store = openStore(path);
  const id = store.startRun(RUN);
  store.addTrainStep(id, { trainStep: 0, metrics: {} }, [aRecord("a", 0)]);
  return id;
}

function pagesOf(path: string): number {
  using database = openDatabase(path);
  return Number(database.prepare("PRAGMA page_count").get()!.page_count);
}

async function withFile(use: (path: string) => void): Promise<void> {
  await withFolder((folder) => use(join(folder, "finestep.sqlite")));
}
