import assert from "finestep/assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { BareMachine } from "../../tasks/compile/bare_machine.ts";
import { PACKAGES, programFiles } from "../../tasks/compile/program_files.ts";
import { compile, refusal } from "../../tasks/compile/standalone.ts";
import { targetNamed, TARGETS } from "../../tasks/compile/targets.ts";
import { embedded, EMBEDDED_PACKAGES } from "./embedded.ts";
import { IS_NPM_PROFILE, runsAsOneFile } from "./one_file.ts";

const HERE = targetNamed(Deno.build.target);

/** A machine that has a shell and is not this one. */
const ELSEWHERE =
  TARGETS.find(({ triple, uname }) => uname !== null && triple !== Deno.build.target)!.triple;

/** A runtime base of the Deno that runs the tests, where there is one. */
const BASE = Deno.env.get("DENORT_BIN") ?? null;

/** Modules that threads, processes or commands begin with, and some that these load. */
const MODULES = [
  "main.ts",
  "src/cli/compiled.ts",
  "src/cli/train.ts",
  "src/cli/serve.ts",
  "src/pages/page.ts",
  "src/sandbox/confined_worker.ts",
  "src/sandbox/query_thread.ts",
  "src/store/migrations.ts",
];

/** A build in a folder that is removed at the end. */
async function built(base: string) {
  const files = await programFiles(HERE, { form: "compiled", commit: "0123456789ab" });
  const folder = await Deno.makeTempDir({ prefix: "finestep" });
  const output = join(folder, "finestep");
  await compile(output, files, { target: HERE, base });
  return {
    ...{ files, output },
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

Deno.test({
  name: "deno compile embeds all files of the program, and the permissions it needs",
  // The section is looked for in an ELF file.
  ignore: Deno.build.os !== "linux" || !IS_NPM_PROFILE,
  async fn() {
    // Deno stands in for its runtime base: the program is joined to it alike, but would not run.
    await using build = await built(BASE ?? Deno.execPath());
    const { metadata, paths } = embedded(await Deno.readFile(build.output));

    const expected = build.files.map(({ path }) => path)
      .filter((path) => !/^app\/(src\/.*\.ts$|deno\.lock$|\.npmrc$)/.test(path))
      .map((path) => path.replace(/^app\//, "").replace(PACKAGES, EMBEDDED_PACKAGES));
    assert.ok(expected.some((path) => path.endsWith(".node")));
    assert.deepEqual([...expected, ...MODULES].filter((path) => !paths.has(path)), []);

    const { permissions, unstable_config, entrypoint_key, self_extracting } = metadata;
    assert.equal(entrypoint_key, "src/cli/compiled.ts");
    assert.match(self_extracting, /^[0-9a-f]{16}$/);
    assert.ok(unstable_config.features.includes("worker-options"));
    const given = Object.entries(permissions).filter(([, value]) => value !== null);
    // An empty list is all.
    assert.deepEqual(Object.fromEntries(given), {
      ...{ allow_read: [], allow_write: [], allow_env: [], allow_net: [], allow_run: [] },
      ...{ allow_ffi: [], allow_sys: ["cpus", "systemMemoryInfo", "osRelease", "statfs"] },
      ...{ allow_import: [], deny_import: [], prompt: false },
    });
  },
});

Deno.test({
  name: "the compiled program evaluates, passes the gate and reports (with DENORT_BIN)",
  ignore: BASE === null || !IS_NPM_PROFILE,
  async fn() {
    await using build = await built(BASE!);
    await using machine = await BareMachine.open([]);
    const { stdout, stderr } = await machine.run(build.output, ["--version"]);
    assert.match(stdout, /^finestep [\d.]+ \(0123456789ab, compiled\), Deno /, stderr);
    await runsAsOneFile(machine, build.output);
  },
});

Deno.test("compile() says what to do where Deno's runtime base cannot be loaded", () => {
  const said = "error: Setting up base binary.\n\nCaused by:\n    error sending request for url " +
    "(https://dl.deno.land/release/v2.9.6/denort-x86_64-unknown-linux-gnu.zip): dns error";
  assert.equal(
    refusal(said, HERE),
    `Cannot compile for ${HERE.triple} as Deno's runtime base must be at hand: dl.deno.land, from ` +
      `where Deno loads it, cannot be reached. Set DENORT_BIN to the denort of Deno 2.9.6 for ` +
      `${HERE.triple}, or make the portable file: deno task compile --portable`,
  );
  assert.equal(
    refusal("error: no\n", HERE),
    "Cannot compile as deno compile must succeed: error: no",
  );
});

Deno.test("compile() refuses a runtime base of another machine", async () => {
  const target = targetNamed("x86_64-pc-windows-msvc");
  await assert.rejects(
    compile("finestep", [], { target, base: Deno.execPath() }),
    /Cannot build for x86_64-pc-windows-msvc as the executable must be for that machine: /,
  );
});

for (
  const [argv, said] of [
    [["--deno", "deno"], /^Cannot compile with --deno as that is for --portable/],
    [["--check", "--target", ELSEWHERE], /^Cannot check a build for .* as it must run on this/],
    [["--portable", "--target", ELSEWHERE], /^Cannot make a portable file for .*: pass --deno/],
  ] as const
) {
  Deno.test(`deno task compile refuses ${argv.join(" ")} before it builds`, async () => {
    const task = fileURLToPath(new URL("../../tasks/compile.ts", import.meta.url));
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--allow-all", task, ...argv],
    }).output();
    assert.match(new TextDecoder().decode(stderr), said);
    assert.equal(code, 2);
  });
}
