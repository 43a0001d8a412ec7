import assert from "finestep/assert";
import { openDatabase } from "finestep/sqlite";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { LiveRuns } from "../../src/store/live_runs.ts";
import { openStore } from "../../src/store/run_store.ts";
import { anEpisode, aRecord, aVerdict, RUN } from "./episodes.ts";
import { withFolder } from "../tiny/folders.ts";

const STORE_MODULE = fileURLToPath(new URL("../../src/store/run_store.ts", import.meta.url));

async function withPath(test: (path: string) => void | Promise<void>): Promise<void> {
  await withFolder((folder) => test(join(folder, "runs.sqlite")));
}

Deno.test("LiveRuns.open() gives nothing where nothing is stored, and makes no file", () =>
  withPath((path) => {
    assert.equal(LiveRuns.open(path), null);
    assert.throws(() => Deno.statSync(path), Deno.errors.NotFound);
    // The moment between making the file and its tables.
    Deno.writeFileSync(path, new Uint8Array());
    assert.equal(LiveRuns.open(path), null);
    openStore(path)[Symbol.dispose]();
    using runs = LiveRuns.open(path);
    assert.equal(runs?.newest(), null);
  }));

Deno.test("LiveRuns.open() refuses what an older or a newer program wrote", () =>
  withPath((path) => {
    openStore(path)[Symbol.dispose]();
    const change = (sql: string) => {
      using database = openDatabase(path);
      database.exec(sql);
    };
    change("DELETE FROM migrations WHERE name = 'm002_evaluations'");
    assert.throws(() => LiveRuns.open(path), /older program wrote it: it has no m002_evaluations/);
    change("INSERT INTO migrations VALUES ('m002_evaluations'), ('m999_more')");
    assert.throws(() => LiveRuns.open(path), /newer program wrote it: it has m999_more/);
  }));

Deno.test("LiveRuns cannot write, and a writer never waits for it", () =>
  withPath((path) => {
    // A writer that would have to wait fails at once.
    using writer = openStore(path, { pragmas: ["busy_timeout = 0"] });
    const id = writer.startRun(RUN);
    using runs = LiveRuns.open(path)!;
    assert.throws(() => runs.store.startRun(RUN), /readonly database/);
    const { version } = runs;
    const counts = runs.atOnce(() => {
      const first = runs.store.run(id).trainStepCount;
      writer.addTrainStep(id, { trainStep: 0, metrics: {} });
      return [first, runs.store.run(id).trainStepCount];
    });
    assert.deepEqual(counts, [0, 0]);
    assert.notEqual(runs.version, version);
    assert.equal(runs.store.run(id).trainStepCount, 1);
  }));

Deno.test("LiveRuns sees all that was stored before its writer was killed", () =>
  withPath(async (path) => {
    const code = `
      import { openStore } from ${JSON.stringify(STORE_MODULE)};
      const store = openStore(${JSON.stringify(path)});
      const id = store.startRun(${JSON.stringify(RUN)});
      for (let trainStep = 0;; trainStep++) {
        store.addTrainStep(id, { trainStep, metrics: { "env/ex": trainStep } });
        console.log(trainStep);
      }`;
    const writer = new Deno.Command(Deno.execPath(), {
      args: ["eval", "--ext=ts", code],
      stdout: "piped",
    }).spawn();
    let said = 0;
    let isKilled = false;
    let runs: LiveRuns | null = null;
    for await (const text of writer.stdout.pipeThrough(new TextDecoderStream())) {
      said = Number(/(\d+)\n$/.exec(text)?.[1] ?? said);
      // Opened and read while the writer commits.
      runs ??= LiveRuns.open(path)!;
      assert(runs.store.trainSteps(1).length > said, "a step is stored before it is said");
      // What it had said before is still read; a process that has ended cannot be killed again.
      if (said > 50 && !isKilled) {
        isKilled = true;
        writer.kill("SIGKILL");
      }
    }
    await writer.status;
    const steps = runs!.store.trainSteps(1, 10);
    assert.deepEqual(steps.map(({ trainStep }) => trainStep), steps.map((_, n) => n + 10));
    assert(steps.length + 10 > said);
    assert.deepEqual(runs!.store.running(), []);
    assert.equal(runs!.store.run(1).status, "interrupted");
    runs![Symbol.dispose]();
  }));

Deno.test("LiveRuns counts verdicts by question and outcome, and calls of evaluations", () =>
  withPath((path) => {
    using store = openStore(path);
    const id = store.startRun({ ...RUN, kind: "eval" });
    const judged = [aVerdict("a"), aVerdict("a", { seed: 12, isCorrect: false, outcome: "format" })]
      .map((verdict) => ({
        ...{ verdict, position: 0 },
        episode: { ...aRecord("a", null), phase: "eval" as const },
      }));
    store.addVerdicts(id, "eval", judged);
    store.addTrainStep(id, { trainStep: 0, metrics: {} }, [aRecord("b", 0)]);
    using runs = LiveRuns.open(path)!;
    assert.deepEqual(runs.tallies(id).map((tally) => ({ ...tally })), [
      { phase: "eval", exampleId: "a", outcome: "format", verdicts: 1, right: 0 },
      { phase: "eval", exampleId: "a", outcome: "right", verdicts: 1, right: 1 },
    ]);
    assert.deepEqual(runs.callCounts(id).map((count) => ({ ...count })), [
      { phase: "eval", episodes: 2, calls: 2, redundant: 2 },
    ]);
  }));

Deno.test("RunStore.latestEpisodes() gives one attempt a question, the newest first", () =>
  withPath((path) => {
    using store = openStore(path);
    const id = store.startRun(RUN);
    const records = ["a", "a", "b", "b", "c"].map((exampleId, seed) => ({
      ...aRecord(exampleId, 3),
      episode: { ...anEpisode(exampleId), seed },
    }));
    store.addTrainStep(id, { trainStep: 2, metrics: {} }, [aRecord("z", 2)]);
    store.addTrainStep(id, { trainStep: 3, metrics: {} }, records);
    const latest = store.latestEpisodes(id, { phase: "train", trainStep: 3, count: 2 });
    assert.deepEqual(latest, [records[4], records[3]]);
    const among = store.latestEpisodes(id, { phase: "train", trainStep: 3, count: 9, among: 3 });
    assert.deepEqual(among, [records[4], records[3]]);
    assert.deepEqual(store.latestEpisodes(id, { phase: "after", trainStep: null, count: 2 }), []);
  }));
