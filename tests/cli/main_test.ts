import assert from "finestep/assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { COMMANDS, unknownCommand } from "../../src/cli/commands.ts";
import { VERSION } from "../../src/cli/program.ts";
import { openDatabase } from "finestep/sqlite";
import { openStore } from "../../src/store/run_store.ts";
import { RUN } from "../store/episodes.ts";
import { withFolder } from "../tiny/folders.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

Deno.test("finestep refuses an unknown command with 2, and says what may be meant", async () => {
  assert.deepEqual(await finestep("trian"), {
    code: 2,
    stdout: "",
    stderr: 'Unknown command "trian": did you mean "train"\n',
  });
  assert.equal(
    unknownCommand(["engine"]).message,
    'Unknown command "engine": did you mean "engine probe"',
  );
  assert.equal(
    unknownCommand(["dance", "-x"]).message,
    'Unknown command "dance": see "finestep --help"',
  );
  const { code, stderr } = await finestep("help", "trian");
  assert.deepEqual([code, stderr], [2, 'Unknown command "trian": did you mean "train"\n']);
});

Deno.test("finestep refuses an unknown flag with 2 and one line", async () => {
  assert.deepEqual(await finestep("runs", "--stoer", "x"), {
    code: 2,
    stdout: "",
    stderr: 'Unknown flag "--stoer": did you mean "--store"\n',
  });
});

Deno.test("finestep runs without a store says where it looked, with 1", async () => {
  const { code, stderr } = await finestep("runs", "--store", "missing/runs.sqlite");
  assert.equal(code, 1);
  assert.equal(stderr, "Cannot list runs as there is no store: missing/runs.sqlite\n");
});

Deno.test("finestep runs leaves a database that is no store as it was", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "bird.sqlite");
    {
      using database = openDatabase(path);
      database.exec("CREATE TABLE schools (name TEXT)");
    }
    const before = await Deno.readFile(path);
    const { code, stderr } = await finestep("runs", "--store", path);
    assert.match(
      stderr,
      /^Cannot open the store as .*: it has other tables \(schools\): .*sqlite\n$/,
    );
    assert.equal(code, 1);
    assert.deepEqual(await Deno.readFile(path), before);
  });
});

Deno.test("finestep runs lists runs, and one as JSON", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "runs.sqlite");
    storeRun(path);
    const listed = await finestep("runs", "--store", path);
    assert.match(
      listed.stdout,
      /\| +1 \| .* \| train \| finestep +\| minibird dev \| .*\| finished/,
    );

    const shown = await finestep("runs", "1", "--store", path, "--json");
    const { run, metrics, trainSteps } = JSON.parse(shown.stdout);
    assert.equal(run.command, RUN.command);
    assert.deepEqual(metrics, [{ phase: "after", name: "ex", value: 0.5, low: 0, high: 1, n: 4 }]);
    assert.deepEqual(trainSteps, [{ trainStep: 0, metrics: { "reward/outcome": 0.5 } }]);
  });
});

Deno.test("finestep runs tells a killed run from one that goes on, and how to go on with it", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "runs.sqlite");
    {
      // Closed without an end, as a killed process leaves it.
      using killed = openStore(path);
      killed.startRun(RUN);
    }
    using store = openStore(path);
    store.startRun(RUN);
    const next = `Run 1 was interrupted; go on with: finestep train --resume 1 --store ${path}`;
    const listed = (await finestep("runs", "--store", path)).stdout.trimEnd().split("\n");
    const statuses = listed.filter((line) => line.includes(" | train ")).map((line) =>
      line.split("|").at(-4)!.trim()
    );
    assert.deepEqual(statuses, ["interrupted", "running"]);
    assert.equal(listed.at(-1), next);
    const shown = await finestep("runs", "1", "--store", path);
    assert.equal(shown.stdout.trimEnd().split("\n").at(-1), next);
    const running = await finestep("train", "--resume", "2", "--store", path);
    assert.match(running.stderr, /^Cannot resume run 2 as .*: it is a running train run$/m);
    assert.equal(store.run(2).status, "running");
  });
});

Deno.test("finestep --help has a line for each command, and help COMMAND is COMMAND --help", async () => {
  const [help, none, ofRuns, runs] = await Promise.all([
    finestep("--help"),
    finestep(),
    finestep("help", "leaderboard", "check"),
    finestep("leaderboard", "check", "--help"),
  ]);
  assert.deepEqual(help, none);
  for (const [name, { summary }] of Object.entries(COMMANDS)) {
    assert(
      help.stdout.split("\n").some((line) =>
        line.trim().startsWith(name) && line.endsWith(summary)
      ),
    );
  }
  assert.equal(help.stdout.split("\n").find((line) => line.length > 100), undefined);
  assert.deepEqual(ofRuns, runs);
});

Deno.test("finestep --version says version, commit, form and Deno", async () => {
  const { code, stdout } = await finestep("--version");
  assert.equal(code, 0);
  const version = VERSION.replaceAll(".", "\\.");
  assert.match(
    stdout,
    new RegExp(`^finestep ${version} \\(.+, source\\), Deno \\d+\\.\\d+\\.\\d+`),
  );
});

Deno.test("main.ts loads no package before it is known which command is wanted", async () => {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "main.ts"],
    cwd: ROOT,
  }).output();
  const { roots, modules }: ModuleGraph = JSON.parse(new TextDecoder().decode(stdout));
  const bySpecifier = new Map(modules.map((module) => [module.specifier, module]));
  const loaded = new Set(roots);
  for (const specifier of loaded) {
    for (const { code, isDynamic } of bySpecifier.get(specifier)?.dependencies ?? []) {
      if (code && !isDynamic) loaded.add(code.specifier);
    }
  }
  assert([...loaded].some((specifier) => specifier.endsWith("/src/cli/commands.ts")));
  assert.deepEqual([...loaded].filter((specifier) => !/^(file|node):/.test(specifier)), []);
});

for (const command of ["data check", "runs"]) {
  Deno.test(`finestep ${command} --help tells its usage`, async () => {
    const { code, stdout } = await finestep(...command.split(" "), "--help");
    assert.equal(code, 0);
    assert.match(stdout, new RegExp(`^Usage: finestep ${command} `, "m"));
  });
}

/** What `deno info --json` says of modules, as far as it is of use here. */
interface ModuleGraph {
  readonly roots: readonly string[];
  readonly modules: readonly {
    readonly specifier: string;
    readonly dependencies?: readonly {
      readonly code?: { readonly specifier: string };
      readonly isDynamic?: boolean;
    }[];
  }[];
}

function storeRun(path: string): void {
  using store = openStore(path);
  const id = store.startRun(RUN);
  store.addTrainStep(id, { trainStep: 0, metrics: { "reward/outcome": 0.5 } });
  store.addMetrics(id, [{ phase: "after", name: "ex", value: 0.5, low: 0, high: 1, n: 4 }]);
  store.finishRun(id, "finished");
}

async function finestep(...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-all", "main.ts", ...args],
    cwd: ROOT,
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}
