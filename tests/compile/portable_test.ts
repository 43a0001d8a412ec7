import assert from "finestep/assert";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { sourceCommit, VERSION } from "../../src/cli/program.ts";
import { BareMachine } from "../../tasks/compile/bare_machine.ts";
import { writePortable } from "../../tasks/compile/portable.ts";
import { programFiles, requireNpm } from "../../tasks/compile/program_files.ts";
import { targetNamed } from "../../tasks/compile/targets.ts";
import { IS_NPM_PROFILE, runsAsOneFile } from "./one_file.ts";

/** What a process may do that the unpacked program starts in turn, as a bench does for each cell. */
async function grantedInTurn(machine: BareMachine) {
  const cache = join(machine.home, Deno.build.os === "darwin" ? "Library/Caches" : ".cache");
  const [{ name }] = [...Deno.readDirSync(join(cache, "finestep"))];
  const home = join(cache, "finestep", name);
  const { programArguments } = await import(
    pathToFileURL(join(home, "app/src/sandbox/own_process.ts")).href
  );
  const probe = join(machine.path, "probe.ts");
  await Deno.writeTextFile(probe, PROBE);
  const main = join(home, "app/main.ts");
  const args: string[] = programArguments([home]).map((part: string) =>
    part === main ? probe : part
  );
  assert.ok(args.includes(probe));
  const { stdout, stderr } = await machine.run(join(home, "deno"), args);
  assert.equal(stderr, "");
  return JSON.parse(stdout);
}

/** Says what it may do; its argument is the folder that the program is unpacked to. */
const PROBE = `
const state = (descriptor) => Deno.permissions.querySync(descriptor).state;
const [home] = Deno.args;
const names = ["read", "write", "env", "run", "net", "import", "sys"];
console.log(JSON.stringify({
  ...Object.fromEntries(names.map((name) => [name, state({ name })])),
  ffi: {
    all: state({ name: "ffi" }),
    own: state({ name: "ffi", path: home + "/deno_dir/npm/registry.npmjs.org/onnxruntime-node/x.node" }),
    other: state({ name: "ffi", path: home + "/x.node" }),
  },
}));`;

Deno.test({
  name:
    "the portable file evaluates, passes the gate and reports on a bare machine, and may do no more",
  ignore: Deno.build.os === "windows" || !IS_NPM_PROFILE,
  async fn() {
    const target = targetNamed(Deno.build.target);
    const commit = await sourceCommit();
    const files = await programFiles(target, { form: "portable", commit });
    await using machine = await BareMachine.open();
    if (!machine.isOffline) console.log("not without a network: this system cannot take it away");
    const program = join(machine.path, "finestep");
    await writePortable(program, files, { target, deno: Deno.execPath(), level: 1 });

    const { stdout } = await machine.run(program, ["--version"]);
    assert.equal(
      stdout,
      `finestep ${VERSION} (${commit ?? "commit unknown"}, portable), ` +
        `Deno ${Deno.version.deno} on ${Deno.build.target}\n`,
    );
    // Nothing is loaded, so another registry of the user's must not matter.
    await Deno.writeTextFile(join(machine.home, ".npmrc"), "registry=https://example.invalid/\n");
    await runsAsOneFile(machine, program);

    const { ffi, ...states } = await grantedInTurn(machine);
    assert.deepEqual([ffi.all, ffi.own, ffi.other], ["prompt", "granted", "prompt"]);
    assert.deepEqual(states, {
      ...{ read: "granted", write: "granted", env: "granted", run: "granted", net: "granted" },
      ...{ import: "denied", sys: "prompt" },
    });
  },
});

Deno.test("requireNpm() refuses to build of packages of JSR", () => {
  requireNpm({ "finestep/sqlite": "./src/packages/node/sqlite.ts", zod: "npm:zod@4.6.7" });
  assert.throws(
    () => requireNpm({ "finestep/sqlite": "./src/packages/jsr/sqlite.ts" }),
    /^Error: Cannot build one file as it must be made of packages of npm alone: /,
  );
});
