import assert from "finestep/assert";
import { sourceCommit } from "../../src/cli/program.ts";
import { StoredCommand } from "../../src/cli/stored_command.ts";
import { openStore } from "../../src/store/run_store.ts";
import { FinestepProcess } from "../tiny/finestep_process.ts";
import { finestep, type Outcome, Workplace } from "../tiny/workplace.ts";

/** Two algorithms, one seed, one train step, four questions. */
function args(workplace: Workplace, ...more: string[]): string[] {
  return [
    ...["bench", "--data", workplace.file("data"), "--model", workplace.file("model")],
    ...["--store", workplace.store, "--runs", workplace.file("runs"), "--jobs", "2"],
    ...["--algorithms", "finestep,grpo", "--seeds", "1", "--train-steps", "1"],
    ...["--limit", "4", "--samples", "2", ...more],
    ...["--", "--groups-per-step", "2", "--group-size", "4", "--max-turns", "3"],
  ];
}

const bench = (workplace: Workplace, ...more: string[]): Promise<Outcome> =>
  finestep(...args(workplace, ...more));

/** Kind and status of the runs in the store, sorted. */
function runs(workplace: Workplace): string[] {
  using store = openStore(workplace.store);
  return store.runs().map(({ kind, status }) => `${kind} ${status}`).sort();
}

/** Two trainings, and a greedy and a sampled exam of both and of the untrained policy. */
const ALL_RUNS = [
  ...Array.from({ length: 6 }, () => "eval finished"),
  ...Array.from({ length: 2 }, () => "train finished"),
];

Deno.test("finestep bench trains, examines and compares, and does nothing twice", async () => {
  await using workplace = await Workplace.open();
  const first = await bench(workplace);
  assert.equal(first.code, 0, first.stderr);
  assert.match(first.stderr, /^3 cells: untrained; finestep; grpo; 1 seed\nEach is trained and /);
  assert.match(first.stderr, /^3 of 3: grpo, seed 1: EX [\d.]+ /m);
  for (
    const exam of [
      "dev, greedy (4 questions):",
      "dev, as in training, 2 attempts each (4 questions):",
    ]
  ) {
    assert(first.stdout.includes(exam), exam);
  }
  for (const row of [/^\| untrained +\|/m, /^\| finestep +\|/m, /^\| grpo +\|/m]) {
    assert.match(first.stdout, row);
  }
  assert.match(first.stdout, /^\| finestep minus +\| measure/m);
  assert.match(
    first.stdout,
    /^\| more EX +\| grpo .* (supported|not supported|inconclusive) +\|$/m,
  );
  assert.deepEqual(runs(workplace), ALL_RUNS);
  const second = await bench(workplace);
  assert.equal(second.stdout, first.stdout);
  assert.deepEqual(runs(workplace), ALL_RUNS);
});

Deno.test("finestep bench --again finds the same results, in another store, and tells others", async () => {
  await using workplace = await Workplace.open();
  const first = await bench(workplace, "--json");
  assert.equal(first.code, 0, first.stderr);
  const document = JSON.parse(first.stdout);
  assert.equal(document.cells.length, 6);
  assert.deepEqual(document.decisions.map(({ split }: { split: string }) => split), ["dev"]);
  const path = workplace.file("experiment.json");
  const again = async (change: (hash: string) => string) => {
    const cells = document.cells.map((cell: { resultHash: string }) => ({
      ...cell,
      resultHash: change(cell.resultHash),
    }));
    await Deno.writeTextFile(path, JSON.stringify({ ...document, cells }));
    const place = ["--store", workplace.file("again.sqlite"), "--runs", workplace.file("again")];
    return await finestep("bench", "--again", path, "--only", "grpo 1", ...place);
  };
  const same = await again((hash) => hash);
  assert.equal(same.code, 0, same.stderr);
  assert.match(
    same.stdout,
    /^grpo, seed 1, dev, greedy: the same results \([0-9a-f]{12}\)\ngrpo, seed 1, dev, temperature 1: /,
  );
  const other = await again((hash) => `0${hash.slice(1)}`.replace(/^00/, "10"));
  assert.equal(other.code, 1);
  assert.match(other.stdout, /^grpo, seed 1, dev, greedy: OTHER results \(/);
});

Deno.test("finestep bench leaves a store alone that another one works on", async () => {
  await using workplace = await Workplace.open();
  using file = await Deno.open(`${workplace.store}.lock`, { create: true, write: true });
  await file.lock(true);
  const { code, stderr } = await bench(workplace);
  assert.equal(code, 1);
  assert.match(stderr, /^Cannot run the experiment as one process alone may work on a store: /m);
  assert.deepEqual(runs(workplace), []);
});

Deno.test("finestep bench --of-commit shows what is stored, and runs nothing", async () => {
  await using workplace = await Workplace.open();
  const { code, stdout, stderr } = await bench(workplace, "--of-commit", "0123456789ab");
  assert.equal(stdout, "");
  assert.equal(code, 1);
  assert.match(
    stderr,
    /^Cannot show what commit 0123456789ab has done as all of it must be stored: /m,
  );
  assert.deepEqual(runs(workplace), []);
});

Deno.test("finestep bench refuses cells and splits that there are not, before it trains", async () => {
  await using workplace = await Workplace.open();
  const cell = await bench(workplace, "--only", "grpo 7");
  assert.match(
    cell.stderr,
    /^Unknown cell "grpo 7": those there are: untrained 1; finestep 1; grpo 1$/m,
  );
  const algorithm = await bench(workplace, "--algorithms", "finestep, finstep");
  assert.match(algorithm.stderr, /^Cannot set "--algorithm" as .*: current value is finstep$/m);
  const flag = await bench(workplace, "--algorithms", "finestep, grpo --lerning-rate 1");
  assert.match(flag.stderr, /^Unknown flag "--lerning-rate": did you mean "--learning-rate"$/m);
  const split = await bench(workplace, "--splits", "dev,exam");
  assert.match(split.stderr, /^Cannot load BIRD as .*exam/m);
  assert.deepEqual([cell, algorithm, flag, split].map(({ code }) => code), [2, 2, 2, 1]);
  assert.deepEqual(runs(workplace), []);
});

Deno.test("finestep bench goes on after Ctrl-C with what is left", async () => {
  await using workplace = await Workplace.open();
  const process = new FinestepProcess(workplace, ...args(workplace));
  const stopped = await process.interruptedAfterLine(/^1 of 3: untrained/);
  assert.equal(stopped.code, 130, stopped.stderr);
  assert.equal(stopped.stdout, "");
  const { code, stderr } = await bench(workplace);
  assert.equal(code, 0, stderr);
  assert.deepEqual(runs(workplace), ALL_RUNS);
});

Deno.test("finestep bench says which command failed, and keeps what was done", async () => {
  await using workplace = await Workplace.open();
  const { code, stderr } = await bench(workplace, "--algorithms", "finestep,grpo --adapter none");
  assert.equal(code, 1);
  assert.match(
    stderr,
    /^Cannot go on with the experiment as a command of it failed: finestep train .*grpo --adapter none.*: Cannot .*none/m,
  );
  assert(runs(workplace).includes("eval finished"));
});

Deno.test("StoredCommand.finished() does not take over what another commit has done", async () => {
  await using workplace = await Workplace.open();
  const flags = ["--data", workplace.file("data"), "--model", workplace.file("model")];
  const argv = [...flags, "--limit", "1", "--store", workplace.store];
  using store = openStore(workplace.store);
  const ofOther = store.startRun({
    ...{ kind: "eval", command: "", options: { argv }, seed: 1, commit: "0123456789ab" },
    ...{ dataSet: "", algorithm: null, identity: null },
  });
  store.finishRun(ofOther, "finished");
  const { signal } = new AbortController();
  const command = (commit: string | null) => new StoredCommand("eval", argv, commit);
  assert.equal(await command("0123456789ab").finished(store, signal), ofOther);
  const own = await command(await sourceCommit()).finished(store, signal);
  assert.notEqual(own, ofOther);
  assert.equal(await command(await sourceCommit()).finished(store, signal), own);
});
