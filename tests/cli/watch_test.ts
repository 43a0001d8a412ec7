import assert from "finestep/assert";
import { join } from "node:path";
import { WatchReader } from "../../src/cli/watch_reader.ts";
import { openStore, type RunStart, type RunStore } from "../../src/store/run_store.ts";
import { aStep } from "../reports/watched.ts";
import { aRecord, aVerdict, RUN } from "../store/episodes.ts";
import { finestep, ROOT, startFinestep } from "../tiny/workplace.ts";

const TRAINING: RunStart = {
  ...RUN,
  options: { training: { trainSteps: 4, tokenBudget: 0 }, rewards: { softWeight: 0.5 } },
};

/** Escape sequences by which the terminal is given back. */
const CLOSE = "\x1b[?7h\x1b[?25h\x1b[?1049l";

async function withStore(test: (store: RunStore, path: string) => void | Promise<void>) {
  const folder = await Deno.makeTempDir({ prefix: "finestep" });
  try {
    using store = openStore(join(folder, "runs.sqlite"));
    await test(store, store.file.path);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const addStep = (store: RunStore, run: number, trainStep: number) =>
  store.addTrainStep(run, aStep(trainStep), [aRecord("12", trainStep)]);

const addVerdict = (store: RunStore, run: number, exampleId: string) =>
  store.addVerdicts(run, "before", [{ verdict: aVerdict(exampleId), position: 0, episode: null }]);

/** What a process says, awaited piece by piece. */
class Said {
  text = "";
  readonly #pieces: AsyncIterator<string>;

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#pieces = stream.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]();
  }

  /** Waits until it has said something; fails when it ends before. */
  async until(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.text)) {
      const { value, done } = await this.#pieces.next();
      assert(!done, `it ended without ${pattern}: ${this.text}`);
      this.text += value;
    }
  }

  async end(): Promise<string> {
    for (let piece = await this.#pieces.next(); !piece.done; piece = await this.#pieces.next()) {
      this.text += piece.value;
    }
    return this.text;
  }
}

Deno.test("finestep watch --once prints a frame of the newest run, or of the one that is named", () =>
  withStore(async (store, path) => {
    const first = store.startRun(TRAINING);
    addStep(store, first, 0);
    store.startRun({ ...TRAINING, algorithm: "grpo" });
    const newest = await finestep("watch", "--once", "--store", path);
    assert.equal(newest.code, 0, newest.stderr);
    assert.match(
      newest.stdout,
      /^run 2: grpo, seed 3, minibird dev +commit abc123\nstarting +running\n/,
    );
    assert.match(newest.stdout, /^2 runs under way\n +1 finestep .* training 1\/4 +\d+ s left$/m);
    const named = await finestep("watch", String(first), "--once", "--store", path);
    assert.match(named.stdout, /^EX, % +=/m);
    // Rewards of the run's own options: the SQL is right, and its rows are the gold's.
    assert.match(named.stdout, /^last trajectories \(step 1\)(.*\n){2} {2}1 call .* 1\.00$/m);
    assert(!named.stdout.includes("\x1b"), "a file gets no escape sequences");
  }));

Deno.test("finestep watch says what cannot be watched", () =>
  withStore(async (store, path) => {
    const cases: [args: string[], code: number, message: RegExp][] = [
      [["--once", "--store", `${path}.none`], 1, /^Cannot watch as there is no run in the store: /],
      [["--once", "--store", path], 1, /^Cannot watch as there is no run in the store: /],
      [["7", "--store", path], 1, /^Cannot read run 7 as it is not in the store: /],
      [["x", "--store", path], 2, /^Cannot watch a run as its id must be one number: .* x\n/],
      [["--json"], 2, /^Cannot watch as JSON /],
    ];
    assert.equal(store.runs().length, 0);
    for (const [args, code, message] of cases) {
      const outcome = await finestep("watch", ...args);
      assert.equal(outcome.code, code, outcome.stderr);
      assert.match(outcome.stderr, message);
    }
    assert.throws(() => Deno.statSync(`${path}.none`), Deno.errors.NotFound);
  }));

Deno.test("finestep watch tells a pipe each step as it comes, and ends with the run", () =>
  withStore(async (store, path) => {
    const run = store.startRun(TRAINING);
    addStep(store, run, 0);
    const watch = startFinestep("watch", "--interval", "20", "--store", path);
    const said = new Said(watch.stdout);
    await said.until(/^step 1\/4 .* left$/m);
    addStep(store, run, 1);
    await said.until(/^step 2\/4 .* left$/m);
    // Another run does not distract it.
    addStep(store, store.startRun(TRAINING), 0);
    addStep(store, run, 2);
    store.finishRun(run, "interrupted");
    const lines = (await said.end()).trimEnd().split("\n");
    assert.deepEqual(lines.map((line) => line.split("  ")[0]), [
      ...["step 1/4", "step 2/4", "step 3/4"],
      lines.at(-1),
    ]);
    assert.match(lines.at(-1)!, /^run 1 interrupted after \d+ s$/);
    assert.equal(await new Response(watch.stderr).text(), "");
    assert.equal((await watch.status).code, 0);
  }));

Deno.test("WatchReader waits for a store, a run, and what comes of it", async () => {
  const folder = await Deno.makeTempDir({ prefix: "finestep" });
  const path = join(folder, "runs.sqlite");
  try {
    using reader = new WatchReader(path);
    assert.equal(reader.read(null), null);
    using store = openStore(path);
    assert.equal(reader.read(null), null);
    const run = store.startRun(TRAINING);
    assert.equal(reader.read(null)?.watched.run.id, run);
    addStep(store, run, 0);
    assert.equal(reader.read(null)?.watched.steps.length, 1);
    const next = store.startRun(TRAINING);
    assert.equal(reader.read(null)?.watched.run.id, next);
    assert.deepEqual(reader.read(run)?.running.map(({ run: { id } }) => id), [run, next]);
    assert.throws(() => reader.read(9), RangeError);
    assert.equal(reader.read(run)?.watched.run.id, run);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("WatchReader follows a run that goes back to a checkpoint", () =>
  withStore((store, path) => {
    const run = store.startRun(TRAINING);
    for (const trainStep of [0, 1, 2]) addStep(store, run, trainStep);
    using reader = new WatchReader(path);
    assert.equal(reader.read(run)?.watched.steps.length, 3);
    store.truncateAfter(run, 1);
    store.addTrainStep(run, aStep(1, { "env/ex": 0.125 }));
    const { steps } = reader.read(run)!.watched;
    assert.deepEqual(steps.map(({ metrics }) => metrics["env/ex"]), [0, 0.125]);
  }));

Deno.test("WatchReader tells how fast verdicts come, and how long nothing has come", () =>
  withStore((store, path) => {
    let ms = Date.now() + 60_000;
    using reader = new WatchReader(path, () => ms);
    const run = store.startRun(TRAINING);
    addVerdict(store, run, "a");
    const first = reader.read(run)!.watched;
    assert.equal(first.evaluations[0].perSecond, null);
    // At first as old as the file at most, which was written just now.
    assert(first.quietSeconds > 50 && first.quietSeconds < 70, String(first.quietSeconds));
    ms += 2000;
    addVerdict(store, run, "b");
    const second = reader.read(run)!.watched;
    assert.deepEqual([second.evaluations[0].perSecond, second.quietSeconds], [0.5, 0]);
    ms += 5000;
    // Another run's news are not this one's.
    store.startRun(TRAINING);
    assert.equal(reader.read(run)!.watched.quietSeconds, 5);
  }));

Deno.test("WatchReader sees that a run was killed, although nothing more is stored", async () => {
  await withStore((store, path) => {
    using worker = openStore(path);
    const run = worker.startRun(TRAINING);
    store.startRun(TRAINING);
    using reader = new WatchReader(path);
    assert.equal(reader.read(run)!.watched.run.status, "running");
    worker[Symbol.dispose]();
    const { watched, running } = reader.read(run)!;
    assert.equal(watched.run.status, "interrupted");
    assert.deepEqual(running.map(({ run: { id } }) => id), [run + 1]);
  });
});

Deno.test("finestep watch ends with the process that it watches", () =>
  withStore(async (store, path) => {
    const run = store.startRun(TRAINING);
    addStep(store, run, 0);
    const watch = startFinestep("watch", "--store", path, "--interval", "20");
    const said = new Said(watch.stdout);
    await said.until(/^step 1\/4/m);
    store[Symbol.dispose]();
    assert.match(await said.end(), /\nrun 1 interrupted\n$/);
    assert.equal((await watch.output()).code, 0);
  }));

/** Whether a terminal can be made for a command (util-linux). */
const hasScript = await (async () => {
  try {
    const { stdout } = await new Deno.Command("script", { args: ["--version"] }).output();
    return new TextDecoder().decode(stdout).includes("util-linux");
  } catch {
    return false;
  }
})();
if (!hasScript) {
  console.info("finestep watch on a terminal is skipped: there is no util-linux script");
}

/** `finestep watch` on a terminal of 80 x 24 of its own. */
function onTerminal(path: string, ...args: string[]): Deno.ChildProcess {
  const watch = [
    Deno.execPath(),
    "run",
    "--quiet",
    "-A",
    "main.ts",
    "watch",
    "--store",
    path,
    ...args,
  ];
  return new Deno.Command("script", {
    args: ["-qec", `stty cols 80 rows 24; ${watch.join(" ")}; echo code $?; stty -a`, "/dev/null"],
    cwd: ROOT,
    stdin: "piped",
    stdout: "piped",
  }).spawn();
}

for (const [keys, code] of [["q", 0], ["xQ", 0], ["\x03", 130]] as const) {
  Deno.test({
    name: `finestep watch gives the terminal back after ${JSON.stringify(keys)}`,
    ignore: !hasScript,
    fn: () =>
      withStore(async (store, path) => {
        const run = store.startRun(TRAINING);
        addStep(store, run, 0);
        const watch = onTerminal(path, "--interval", "20");
        const said = new Said(watch.stdout);
        await said.until(/training 1\/4/);
        // It is drawn anew, over what was there, when something new is stored.
        addStep(store, run, 1);
        await said.until(/training 2\/4/);
        const writer = watch.stdin.getWriter();
        await writer.write(new TextEncoder().encode(keys));
        await said.until(/code \d+[\s\S]*icanon/);
        const [taken, after] = said.text.split(CLOSE);
        // What is before it is Deno's own.
        const [, screen = ""] = taken.split("\x1b[?1049h\x1b[?25l\x1b[?7l");
        // 24 lines a frame, none of which scrolls the screen.
        const frames = screen.split("\x1b[H").slice(1);
        assert.deepEqual(new Set(frames.map((frame) => frame.split("\r\n").length)), new Set([24]));
        assert.match(after, new RegExp(`^code ${code}\\r\\n`));
        assert.match(after, / icanon/);
        assert.match(after, / echo /);
        await writer.close();
        await said.end();
        await watch.status;
      }),
  });
}

Deno.test({
  name: "finestep watch gives the terminal back before it says what went wrong",
  ignore: !hasScript,
  fn: () =>
    withStore(async (_, path) => {
      const watch = onTerminal(path, "9");
      const said = new Said(watch.stdout);
      await said.until(/code \d+[\s\S]*icanon/);
      const [, after] = said.text.split(CLOSE);
      assert.match(after, /^Cannot read run 9 as it is not in the store: .*\r\ncode 1\r\n/);
      await watch.stdin.close();
      await said.end();
      await watch.status;
    }),
});

Deno.test({
  name: "finestep watch draws on a terminal that does not know its size",
  ignore: !hasScript,
  fn: () =>
    withStore(async (store, path) => {
      store.startRun(TRAINING);
      const watch = `${Deno.execPath()} run --quiet -A main.ts watch --once --store ${path}`;
      const { stdout } = await new Deno.Command("script", {
        args: ["-qec", `stty cols 0 rows 0; ${watch}; echo code $?`, "/dev/null"],
        cwd: ROOT,
      }).output();
      assert.match(new TextDecoder().decode(stdout), /run 1: finestep, seed 3[\s\S]*code 0\r\n$/);
    }),
});
