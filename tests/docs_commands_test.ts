import assert from "finestep/assert";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { openDatabase } from "finestep/sqlite";
import {
  type BlockCommand,
  blockCommands,
  commandProblem,
  finestepWords,
  isShown,
  wordsOf,
} from "./docs_commands.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

const TASKS: Readonly<Record<string, string>> =
  JSON.parse(Deno.readTextFileSync(join(ROOT, "deno.json"))).tasks;

const PAGES = [
  "README.md",
  "CONTRIBUTING.md",
  ...[...Deno.readDirSync(join(ROOT, "docs"))].map(({ name }) => `docs/${name}`).sort(),
].filter((path) => path.endsWith(".md"));

const COMMANDS = PAGES.flatMap((path) =>
  blockCommands(path, Deno.readTextFileSync(join(ROOT, path)))
);

/** Commands that are not run here, though their flags are checked: which, and why. */
const NOT_RUN: readonly [pattern: RegExp, reason: string][] = [
  [/ task train$/, "trains for minutes; tests/end_to_end/ trains less"],
  [/database=superhero/, "needs a database that is not in the repository"],
  [/task train --resume 3/, "goes on with a run that its reader has stopped"],
  [/train --engine tinker/, "needs a Tinker server; tests/end_to_end/tinker_test.ts has one"],
  [/^\.\/finestep/, "is of the one file; tests/compile/ runs it"],
  [/\bbench\b/, "trains for minutes to hours"],
  [/leaderboard check|task gate/, "evaluates for minutes; tests/cli/leaderboard_check_test.ts"],
  [/--base-url/, "needs a served model; tests/policies/openai/ has one"],
  [/engine probe/, "needs a Tinker server; tests/engines/tinker/ has one"],
  [/finestep serve/, "serves until it is stopped; tests/server/ does"],
  [/leaderboard add|report 12 15 16/, "names runs that only its reader has"],
  [/codes-15b_kg/, "recorded on data that is not in the repository"],
  [
    /task (compile|test|ok|speed|microbench|generation_speed|gpu_check|cluster_check|test_jsr)\b/,
    "a task of minutes",
  ],
];

/** What is added to commands so that they take seconds. */
const SHORTER: readonly [pattern: RegExp, flags: string][] = [
  [
    /task train --(algorithm grpo|data)|finestep train --data fixtures/,
    "--train-steps 1 --groups-per-step 1 --group-size 2 --eval-limit 2",
  ],
  [/task eval --model results\/runs\/3/, "--limit 4"],
  [/eval --model .*\.gguf/, "--max-turn-tokens 8"],
];

const isRun = ({ line }: BlockCommand) => !NOT_RUN.some(([pattern]) => pattern.test(line));

Deno.test("every command in a block of the documents can be read by its declared options", async () => {
  const wrong: string[] = [];
  for (const command of COMMANDS) {
    const words = finestepWords(command, TASKS);
    if (words === null || words.length === 0 || words[0].startsWith("-")) continue;
    const problem = await commandProblem(words);
    if (problem !== null) wrong.push(`${command.path}: ${command.line}: ${problem}`);
  }
  assert.deepEqual(wrong, []);
});

Deno.test("documents show commands in fenced blocks, from which they are taken here", () => {
  const indented = PAGES.filter((path) =>
    /^(?: {4,}|\t)(?:npx|deno|finestep) /m.test(
      Deno.readTextFileSync(join(ROOT, path)).replace(/^( *)```[^]*?^\1```/gm, ""),
    )
  );
  assert.deepEqual(indented, []);
});

Deno.test("every reason not to run or to shorten a command of the documents is still of use", () => {
  const stale = [...NOT_RUN, ...SHORTER].filter(([pattern]) =>
    !COMMANDS.some(({ line }) => pattern.test(line))
  );
  assert.deepEqual(stale.map(([pattern]) => String(pattern)), []);
});

Deno.test("commands of tasks that are no command of finestep are not run", () => {
  const wrong = COMMANDS.filter((command) => isRun(command) && !finestepWords(command, TASKS));
  assert.deepEqual(wrong.map(({ path, line }) => `${path}: ${line}`), []);
});

for (const path of PAGES) {
  const commands = COMMANDS.filter((command) => command.path === path && isRun(command));
  if (commands.length === 0) continue;
  Deno.test(`commands of ${path} run, and print what it shows`, async () => {
    const folder = await workplace();
    try {
      for (const command of commands) {
        const shorter = SHORTER.filter(([pattern]) => pattern.test(command.line));
        const flags = shorter.flatMap(([, more]) => more.split(" "));
        const words = [...finestepWords(command, TASKS)!, ...flags];
        const { code, stdout, stderr } = await finestep(folder, words);
        assert.equal(code, 0, `${command.line}: ${stderr}`);
        if (command.output === null) continue;
        assert(isShown(stdout, command.output), `${command.line} prints:\n${stdout}`);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

Deno.test("blockCommands() tells commands from output, and joins lines that go on", () => {
  const text = [
    "```sh",
    "# a remark",
    "deno task eval --data a \\",
    "  --split test   # why",
    "```",
    "```",
    "$ finestep runs 3",
    "finestep.default, seed 1",
    "$ npx -y deno@2.9.6 task ok",
    "```",
  ].join("\n");
  const shown = blockCommands("a.md", text).map(({ program, words, output }) => [
    program,
    words.join(" "),
    output,
  ]);
  assert.deepEqual(shown, [
    ["deno task", "eval --data a --split test", null],
    ["finestep", "runs 3", "finestep.default, seed 1"],
    ["deno task", "ok", null],
  ]);
});

Deno.test("wordsOf() splits as a shell does", () => {
  assert.deepEqual(wordsOf("completions zsh > ~/.zfunc/_finestep"), ["completions", "zsh"]);
  assert.deepEqual(wordsOf(`bench --only "grpo 103" -- -x  # why`), [
    ...["bench", "--only", "grpo 103", "--", "-x"],
  ]);
});

Deno.test("commandProblem() finds unknown flags, values that are refused, and flags after --", async () => {
  const problem = (line: string) => commandProblem(wordsOf(line));
  assert.equal(await problem("leaderboard check --samples 3"), null);
  assert.equal(await problem("bench --seeds 2 -- --group-size 4"), null);
  assert.match(await problem("bench -- --groupsize 4") ?? "", /Unknown flag "--groupsize"/);
  assert.match(await problem("train --engine pytorch") ?? "", /must be one of/);
  assert.match(await problem("trian") ?? "", /no command "trian"/);
});

Deno.test("isShown() takes dots for any text of a line, and a line of dots for any lines", () => {
  assert(isShown("a\nb\nc\n", "a\nb\nc"));
  assert(isShown("a\nb\nc\n", "a\n...\nc"));
  assert(isShown("a\nb\nc\n", "a\n..."));
  assert(isShown("a 12 (b)\nc\n", "a ... (b)\nc"));
  assert(!isShown("a\nb\nc\n", "a...c"));
  assert(!isShown("a\nb\nc\n", "a\nb"));
  assert(!isShown("a\nb\nc\n", "b\n..."));
  assert(!isShown("a\nb\nc\n", "a\n...\nd"));
});

/**
 * A folder in which the names that documents use are fixtures: a small BIRD, its predictions, a model,
 * trajectories, and a store with a training (run 1) and two evaluations (2 and 3).
 */
async function workplace(): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "finestep" });
  const bird = join(folder, "path/to/dev_20240627");
  const [questions, answers] = await fewQuestions();
  await Deno.mkdir(bird, { recursive: true });
  await Deno.symlink(join(FIXTURES, "minibird/dev_databases"), join(bird, "dev_databases"));
  await Deno.writeTextFile(join(bird, "dev.json"), questions);
  await linked(bird, join(folder, "bird/dev"));
  for (const path of ["path/to/predict_dev.json", "predict_dev.json"]) {
    await Deno.writeTextFile(join(folder, path), answers);
  }
  await Deno.mkdir(join(folder, "path/to/train"));
  await linked(
    join(FIXTURES, "minibird/dev_databases"),
    join(folder, "path/to/train/train_databases"),
  );
  await Deno.writeTextFile(join(folder, "path/to/train/train.json"), questions);
  for (
    const name of [
      "path/to/model",
      "path/to/Qwen3-0.6B",
      "results/runs/1/policy",
      "results/runs/3/policy",
    ]
  ) {
    await linked(join(FIXTURES, "policy"), join(folder, name));
  }
  await linked(
    join(FIXTURES, "golden/gguf/llama.gguf"),
    join(folder, "SmolLM2-135M-Instruct.Q4_1.gguf"),
  );
  await linked(join(ROOT, "results/leaderboard.json"), join(folder, "results/leaderboard.json"));
  const episode = await Deno.readTextFile(join(FIXTURES, "forms/episode_1.jsonl"));
  await Deno.writeTextFile(join(folder, "runs.jsonl"), episode.repeat(TRAJECTORIES));
  using store = openDatabase(join(folder, "results/runs/finestep.sqlite"));
  store.exec(await Deno.readTextFile(join(FIXTURES, "forms/store_m003.sql")));
  return folder;
}

const FIXTURES = join(ROOT, "fixtures");

/** As many lines of trajectories as documents speak of. */
const TRAJECTORIES = 12;

/** The first questions of minibird, and answers to them in BIRD's form. */
async function fewQuestions(): Promise<[questions: string, answers: string]> {
  const all = JSON.parse(await Deno.readTextFile(join(FIXTURES, "minibird/dev.json")));
  const few: { SQL: string; db_id: string }[] = all.slice(0, 4);
  const answers = few.map(({ SQL, db_id }, i) => [i, `${SQL}\t----- bird -----\t${db_id}`]);
  return [JSON.stringify(few), JSON.stringify(Object.fromEntries(answers))];
}

async function linked(target: string, path: string): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  await Deno.symlink(target, path);
}

async function finestep(cwd: string, words: readonly string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-all", join(ROOT, "main.ts"), ...words],
    cwd,
    stdin: "null",
    signal: AbortSignal.timeout(60_000),
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}
