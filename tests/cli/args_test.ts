import assert from "finestep/assert";
import { flagName, helpText, parseFlags, UsageError } from "../../src/cli/args.ts";
import { choice, file, option, real } from "../../src/config/option.ts";

const TABLES = {
  training: {
    learningRate: option(1e-6, "step size", "neighbour", { range: [0, 1] }),
    schedule: choice("constant", ["constant", "cosine"], "how it falls", "ours"),
    trainSteps: option(24, "train steps", "ours", { range: [1, Infinity] }),
    dualClip: real(0, "bound of the loss", "ours"),
  },
  data: {
    data: option("fixtures", "folder", "ours"),
    store: file("runs.sqlite", "the store", "ours"),
    gold: file("", "gold SQL (none = none)", "ours"),
    shuffle: option(true, "random order", "ours"),
    quiet: option(false, "no progress", "ours"),
  },
};

const parse = (line: string) => parseFlags(line.split(" ").filter(Boolean), TABLES);

Deno.test("parseFlags() gives every option its default", () => {
  const { values, given, positionals, json, help } = parse("");
  assert.deepEqual(values, {
    training: { learningRate: 1e-6, schedule: "constant", trainSteps: 24, dualClip: 0 },
    data: { data: "fixtures", store: "runs.sqlite", gold: "", shuffle: true, quiet: false },
  });
  assert.deepEqual([given.size, positionals.length, json, help], [0, 0, false, false]);
});

Deno.test("parseFlags() reads numbers, choices, texts and switches, in both forms", () => {
  const { values, given } = parse(
    "--learning-rate=2e-4 --train-steps 3 --schedule cosine --data my/data --no-shuffle --quiet",
  );
  assert.deepEqual(values, {
    training: { learningRate: 2e-4, schedule: "cosine", trainSteps: 3, dualClip: 0 },
    data: { data: "my/data", store: "runs.sqlite", gold: "", shuffle: false, quiet: true },
  });
  assert(given.has("learningRate"));
});

Deno.test("parseFlags() tells a value that was given from a default that equals it", () => {
  assert.deepEqual([...parse("--train-steps 24").given], ["trainSteps"]);
});

Deno.test("parseFlags() takes an empty path where it says that there is none", () => {
  assert.equal(parse("--gold=").values.data.gold, "");
});

Deno.test("parseFlags() lets the last of two values count", () => {
  assert.equal(parse("--train-steps 1 --train-steps 2").values.training.trainSteps, 2);
});

Deno.test("parseFlags() takes whole numbers for numbers that need not be whole, not the reverse", () => {
  const { training } = parse("--learning-rate 1 --dual-clip 2.5 --train-steps 2e3").values;
  assert.deepEqual(training, {
    ...{ learningRate: 1, dualClip: 2.5, trainSteps: 2000 },
    schedule: "constant",
  });
  assert.throws(() => parse("--train-steps 2.5"), {
    name: "UsageError",
    message: 'Cannot set "--train-steps" as it must be a whole number: current value is 2.5',
  });
});

Deno.test("parseFlags() takes what follows -- as it is", () => {
  assert.deepEqual(parse("7 -- --json").positionals, ["7", "--json"]);
});

Deno.test("parseFlags() reads --json, --help and -h", () => {
  assert.equal(parse("--json").json, true);
  assert.equal(parse("--help").help, true);
  assert.equal(parse("-h").help, true);
});

for (
  const [line, message] of [
    ["--lerning-rate 1", 'Unknown flag "--lerning-rate": did you mean "--learning-rate"'],
    ["--learningRate 1", 'Unknown flag "--learningRate": did you mean "--learning-rate"'],
    ["--jsn", 'Unknown flag "--jsn": did you mean "--json"'],
    ["--no-quite", 'Unknown flag "--no-quite": see "--help"'],
    ["--no-data", 'Unknown flag "--no-data": see "--help"'],
    ["-x", 'Unknown flag "-x": see "--help"'],
    ["--data", 'Cannot set "--data" as it has no value: expected text'],
    ["--data --quiet", 'Cannot set "--data" as it has no value: expected text'],
    ["--train-steps", 'Cannot set "--train-steps" as it has no value: expected 1 or more'],
    [
      "--train-steps ten",
      'Cannot set "--train-steps" as it must be a number: current value is ten',
    ],
    ["--train-steps=", 'Cannot set "--train-steps" as it must be a number: current value is '],
    [
      "--learning-rate 2",
      'Cannot set "--learning-rate" as it must be in [0, 1]: current value is 2',
    ],
    [
      "--schedule linear",
      'Cannot set "--schedule" as it must be one of constant, cosine: current value is linear',
    ],
    ["--store=", 'Cannot set "--store" as it must be a path: it is empty'],
    ["--quiet=maybe", 'Cannot set "--quiet" as it must be true or false: current value is maybe'],
  ]
) {
  Deno.test(`parseFlags() refuses "${line}"`, () => {
    assert.throws(() => parse(line), (error: Error) => {
      assert(error instanceof UsageError);
      assert.equal(error.message, message);
      return true;
    });
  });
}

Deno.test("parseFlags() refuses two options of one name", () => {
  const { data } = TABLES;
  assert.throws(() => parseFlags([], { data, again: data }), TypeError);
});

Deno.test("helpText() shows flags by table with values, defaults and origins", () => {
  const text = helpText({ usage: "finestep train", summary: "Trains a policy" }, TABLES);
  assert.equal(
    text,
    `Trains a policy

Usage: finestep train [flags]

training:
  --learning-rate <0..1>        step size (default 0.000001, neighbour)
  --schedule <constant|cosine>  how it falls (default constant, ours)
  --train-steps <1 or more>     train steps (default 24, ours)
  --dual-clip <number>          bound of the loss (default 0, ours)

data:
  --data <text>                 folder (default fixtures, ours)
  --store <file>                the store (default runs.sqlite, ours)
  --gold <file>                 gold SQL (none = none) (default none, ours)
  --no-shuffle                  random order (default true, ours)
  --quiet                       no progress (default false, ours)

common:
  --json                        print the result as JSON
  -h, --help                    print this help`,
  );
});

Deno.test("helpText() wraps what is long, and puts a long flag on a line of its own", () => {
  const algorithm = choice(
    "a",
    ["a", "an_algorithm", "another_algorithm"],
    "word ".repeat(20),
    "ours",
  );
  const text = helpText({ usage: "finestep train", summary: "Trains" }, {
    training: { algorithm },
  });
  assert.deepEqual(text.split("\n").slice(5, 8), [
    "  --algorithm <a|an_algorithm|another_algorithm>",
    " ".repeat(34) + "word word word word word word word word word word word word word",
    " ".repeat(34) + "word word word word word word word  (default a, ours)",
  ]);
});

Deno.test("flagName() writes an option's name as a flag", () => {
  assert.equal(flagName("maxTurnTokens"), "--max-turn-tokens");
});
