import assert from "finestep/assert";
import { join } from "node:path";
import { openStore } from "../../src/store/run_store.ts";
import { STATEMENTS, type TinyQuestion } from "../tiny/bird.ts";
import { finestep, type Outcome, Workplace } from "../tiny/workplace.ts";

const SHORT = ["--train-steps", "2", "--checkpoint-every", "1"];

function train(workplace: Workplace, ...flags: string[]): Promise<Outcome> {
  return finestep("train", ...workplace.trainFlags(...SHORT, ...flags));
}

/** Refused with a message of the form that users are shown: no stack, nothing on stdout. */
function assertRefused({ code, stdout, stderr }: Outcome, message: RegExp, expected = 1): void {
  assert.match(stderr, message);
  assert.doesNotMatch(stderr, /^ +at /m);
  assert.equal(stdout, "");
  assert.equal(code, expected);
}

interface BrokenInput {
  readonly what: string;
  /** Breaks a workplace, and gives the flags to train with. */
  readonly broken: (workplace: Workplace) => unknown;
  readonly message: RegExp;
}

const truncate = (workplace: Workplace, name: string, bytes: number) =>
  Deno.truncate(workplace.file(name), bytes);

const BROKEN_INPUTS: readonly BrokenInput[] = [
  {
    what: "a data folder that is missing",
    broken: (workplace) => Deno.remove(workplace.file("data"), { recursive: true }),
    message: /^Cannot load BIRD as its folder is missing: expected .*data$/m,
  },
  {
    what: "a database file that is missing",
    broken: (workplace) => Deno.remove(workplace.file("data/dev_databases/market/market.sqlite")),
    message: /^Cannot load BIRD as 1 of 2 databases are missing: expected .*market\.sqlite$/m,
  },
  {
    what: "a database file that is none",
    broken: (workplace) => truncate(workplace, "data/dev_databases/market/market.sqlite", 1000),
    message: /^Cannot read the schema of .*market\.sqlite as it must be a readable SQLite file: /m,
  },
  {
    what: "questions that are not JSON",
    broken: (workplace) =>
      Deno.writeTextFile(workplace.file("data/train.json"), '[\n {"db_id": "kiosk"},\n oops\n]'),
    message: /^Cannot read .*train\.json as it must be JSON: line 3: /m,
  },
  {
    what: "a question without its SQL",
    broken: (workplace) =>
      workplace.edit<TinyQuestion[]>(
        "data/train.json",
        (questions) => questions.with(2, { ...questions[2], SQL: "" }),
      ),
    message: /^Cannot read question 2 \(question_id 2\) of .*train\.json as "SQL" is wrong/m,
  },
  {
    what: "no questions to evaluate on",
    broken: (workplace) => workplace.edit("data/dev.json", () => []),
    message: /^Cannot train as there must be questions to evaluate on: none in .*dev\.json$/m,
  },
  {
    what: "gold SQL of which none runs",
    broken: (workplace) =>
      workplace.edit<TinyQuestion[]>(
        "data/train.json",
        (questions) => questions.map((question) => ({ ...question, SQL: "SELECT nothing" })),
      ),
    message: /^Cannot train as the gold SQL of a question must give rows: none of 12 does$/m,
  },
  {
    what: "a model folder that is missing",
    broken: (workplace) => Deno.remove(workplace.file("model"), { recursive: true }),
    message: /^Cannot load model as config\.json must be readable: there is no such file: /m,
  },
  {
    what: "weights that are missing",
    broken: (workplace) => Deno.remove(workplace.file("model/model.safetensors")),
    message: /^Cannot load model as model\.safetensors must be readable: there is no such file: /m,
  },
  {
    what: "truncated weights",
    broken: (workplace) => truncate(workplace, "model/model.safetensors", 20_000),
    message:
      /^Cannot load model as model\.safetensors must be readable: .*cut short at \d+ of \d+/m,
  },
  {
    what: "weights of another model",
    broken: (workplace) =>
      workplace.edit<object>("model/config.json", (json) => ({ ...json, intermediate_size: 32 })),
    message:
      /^Cannot load model as model\.safetensors .*mlp\..* must be \[32,16\]: it is \[24,16\]/m,
  },
  {
    what: "a tokenizer that is not JSON",
    broken: (workplace) => truncate(workplace, "model/tokenizer.json", 2000),
    message: /^Cannot load model as tokenizer\.json must be readable: Unexpected end of JSON/m,
  },
  {
    what: "a tokenizer with more tokens than the model",
    broken: (workplace) =>
      workplace.edit<{ model: { vocab: Record<string, number> } }>(
        "model/tokenizer.json",
        ({ model, ...json }) => ({
          ...json,
          model: { ...model, vocab: { ...model.vocab, far: 4000 } },
        }),
      ),
    message: /^Cannot load model as the tokenizer's 4001 tokens .*vocabulary of 295: /m,
  },
  {
    what: "a chat template that knows no tool results",
    broken: (workplace) =>
      workplace.edit<{ chat_template: string }>("model/tokenizer_config.json", (json) => ({
        ...json,
        chat_template: "{% set messages = messages | rejectattr('role', 'equalto', 'tool') %}" +
          json.chat_template,
      })),
    message: /^Cannot show tool results as .* role "tool": .*"--tool-results user" shows them/m,
  },
];

for (const { what, broken, message } of BROKEN_INPUTS) {
  Deno.test(`finestep train refuses ${what}, and stores no run`, async () => {
    await using workplace = await Workplace.open();
    await broken(workplace);
    assertRefused(await train(workplace), message);
    using store = openStore(workplace.store);
    assert.deepEqual(store.runs(), []);
  });
}

for (
  const [flags, message] of [
    [["--algorithm", "gpro"], /^Cannot set "--algorithm" as it must be one of finestep, .*grpo/],
    [["--lerning-rate", "1"], /^Unknown flag "--lerning-rate": did you mean "--learning-rate"$/m],
    [["--learning-rate", "fast"], /^Cannot set "--learning-rate" as it must be a number: .*fast$/m],
    [["--group-size", "0"], /^Cannot set "--group-size" as it must be in \[1, 1024\]: .* 0$/m],
    [["extra"], /^Unknown argument "extra": see "--help"$/m],
  ] as const
) {
  Deno.test(`finestep train refuses ${flags.join(" ")} with 2`, async () => {
    assertRefused(await finestep("train", ...flags), message, 2);
  });
}

Deno.test("finestep train leaves out questions whose gold SQL fails, and says so", async () => {
  await using workplace = await Workplace.open();
  await workplace.edit<TinyQuestion[]>(
    "data/train.json",
    (questions) =>
      questions
        .with(3, { ...questions[3], SQL: "SELECT nothing FROM nowhere" })
        .with(4, { ...questions[4], SQL: `${STATEMENTS[3]} AND price < 0` }),
  );
  const { code, stderr } = await train(workplace);
  assert.match(
    stderr,
    /^warning: 2 training questions left out, whose gold SQL fails or gives no rows$/m,
  );
  assert.equal(code, 0);
  using store = openStore(workplace.store);
  const trained = new Set([...store.episodes(1, "train")].map(({ episode }) => episode.goldSql));
  assert(STATEMENTS.some((sql) => trained.has(sql)));
  assert(!trained.has("SELECT nothing FROM nowhere"));
});

Deno.test("finestep train --algorithm sft learns from the gold SQL of each question, once a step", async () => {
  await using workplace = await Workplace.open();
  const { code, stderr } = await train(workplace, "--algorithm", "sft");
  assert.equal(code, 0, stderr);
  assert.match(stderr, /; 2 train steps of 8 demonstrations$/m);
  using store = openStore(workplace.store);
  const episodes = [...store.episodes(1, "train")];
  assert(episodes.length > 0);
  for (const { episode, isCorrect } of episodes) {
    assert.equal(episode.finalSql, episode.goldSql);
    assert(isCorrect);
  }
  const firstStep = episodes.filter(({ trainStep }) => trainStep === 0);
  assert.equal(new Set(firstStep.map(({ episode }) => episode.exampleId)).size, firstStep.length);
  // As likelihood rises, the loss falls.
  const losses = store.trainSteps(1).map(({ metrics }) => metrics["loss/loss"]);
  assert(losses[1] < losses[0], losses.join());
});

Deno.test("finestep train --kl-coefficient holds the policy to the one that it began with", async () => {
  await using workplace = await Workplace.open();
  const { code, stderr } = await train(workplace, "--kl-coefficient", "0.1");
  assert.equal(code, 0, stderr);
  using store = openStore(workplace.store);
  const [first, second] = store.trainSteps(1).map(({ metrics }) => metrics["loss/reference_kl"]);
  // Before the first update both are the same policy.
  assert(Math.abs(first) < 1e-6, String(first));
  assert(second > 1e-6, String(second));
});

Deno.test("finestep train --json prints what came of it, and nothing else", async () => {
  await using workplace = await Workplace.open();
  const { code, stdout } = await train(workplace, "--json");
  const { run, before, after, difference, policy } = JSON.parse(stdout);
  assert.equal(code, 0);
  assert.deepEqual([run.id, run.trainStepCount, run.episodeCount], [1, 2, 8 + 2 * 2 * 4 + 8]);
  assert.deepEqual([before.n, after.n, difference.ex.n], [8, 8, 8]);
  assert.equal(policy, workplace.file("runs", "1", "policy"));
});

Deno.test("finestep runs shows of a training the table that it ended with", async () => {
  await using workplace = await Workplace.open();
  const { stdout } = await train(workplace);
  const [table] = /(?<=\n)\+-+\+[\s\S]*?difference[\s\S]*?\n\n/.exec(stdout)!;
  const shown = await finestep("runs", "1", "--store", workplace.store);
  assert(shown.stdout.includes(table.trimEnd()), shown.stdout);
});

Deno.test("finestep train --resume goes on from what is whole, and refuses the rest", async (t) => {
  await using workplace = await Workplace.open();
  const resume = (id: number) =>
    finestep("train", "--resume", String(id), "--store", workplace.store);
  assert.equal((await train(workplace)).code, 0);
  const checkpoints = workplace.file("runs", "1", "checkpoints");

  await t.step("a run that is not stored", async () => {
    assertRefused(
      await resume(9),
      /^Cannot read run 9 as it is not in the store: .*runs\.sqlite$/m,
    );
  });

  await t.step("a finished run", async () => {
    assertRefused(
      await resume(1),
      /^Cannot resume run 1 as it must be a stopped training run: it is a finished train run$/m,
    );
  });

  await t.step(
    "a run whose newest checkpoint is corrupt goes on from the one before",
    async () => {
      setUnfinished(workplace);
      await flipLastBit(join(checkpoints, "step-000002", "model.safetensors"));
      const { code, stderr } = await resume(1);
      assert.match(
        stderr,
        /^warning: Skipped checkpoint .*step-000002: model\.safetensors differs/m,
      );
      assert.match(stderr, /^Going on after train step 1$/m);
      assert.equal(code, 0);
    },
  );

  await t.step("a run whose checkpoints are all corrupt, and it loses no step of it", async () => {
    setUnfinished(workplace);
    for (const step of ["step-000001", "step-000002"]) {
      await flipLastBit(join(checkpoints, step, "adam_m.safetensors"));
    }
    const outcome = await resume(1);
    assertRefused(outcome, /^Cannot resume as no checkpoint is complete: .*checkpoints$/m);
    assert.equal(outcome.stderr.match(/^Skipped checkpoint .*adam_m/mg)?.length, 2);
    using store = openStore(workplace.store);
    assert.equal(store.run(1).status, "failed");
    assert.equal(store.run(1).trainStepCount, 2);
    assert.equal([...store.episodes(1, "after")].length, 8);
  });
});

Deno.test({
  name: "finestep train says that the disk is full, keeps what it had, and goes on with more room",
  ignore: !canMount(),
  fn: async () => {
    await using workplace = await Workplace.open();
    const runs = workplace.file("runs");
    await Deno.mkdir(runs);
    // One checkpoint of the tiny model fits, a second one does not.
    using _disk = smallDisk(runs, "250k");
    const outcome = await train(workplace);
    assertRefused(outcome, /^Cannot save the checkpoint of step 2 as the disk is full: .*000002$/m);
    assertFailedAfter(workplace, 2);

    mount("-o", "remount,size=4m", runs);
    const resumed = await finestep("train", "--resume", "1", "--store", workplace.store);
    assert.match(resumed.stderr, /^Going on after train step 1$/m);
    assert.equal(resumed.code, 0);
  },
});

/** The run is marked as failed, and every step that was done is stored. */
function assertFailedAfter(workplace: Workplace, stepsDone: number): void {
  using store = openStore(workplace.store);
  const { status, trainStepCount } = store.run(1);
  assert.deepEqual({ status, trainStepCount }, { status: "failed", trainStepCount: stepsDone });
}

function setUnfinished(workplace: Workplace): void {
  using store = openStore(workplace.store);
  store.finishRun(1, "interrupted");
}

async function flipLastBit(path: string): Promise<void> {
  const bytes = await Deno.readFile(path);
  bytes[bytes.length - 1] ^= 1;
  await Deno.writeFile(path, bytes);
}

/** A file system of that size in a folder, gone at the end. */
function smallDisk(directory: string, size: string): Disposable {
  mount("-t", "tmpfs", "-o", `size=${size}`, "tmpfs", directory);
  return {
    [Symbol.dispose]: () =>
      assert(new Deno.Command("umount", { args: [directory] }).outputSync().success),
  };
}

function mount(...args: string[]): void {
  const { success, stderr } = new Deno.Command("mount", { args }).outputSync();
  assert(success, new TextDecoder().decode(stderr));
}

function canMount(): boolean {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) {
    return skip();
  }
  const directory = Deno.makeTempDirSync();
  try {
    smallDisk(directory, "100k")[Symbol.dispose]();
    return true;
  } catch {
    return skip();
  } finally {
    Deno.removeSync(directory);
  }
}

function skip(): false {
  console.info("The test with a full disk is skipped: this user cannot mount a small one");
  return false;
}
