import assert from "finestep/assert";
import { join } from "node:path";
import { sourceCommit, VERSION } from "../../src/cli/program.ts";
import { BareMachine } from "../../tasks/compile/bare_machine.ts";
import { writePortable } from "../../tasks/compile/portable.ts";
import { programFiles, requireNpm } from "../../tasks/compile/program_files.ts";
import { targetNamed } from "../../tasks/compile/targets.ts";
import { IS_NPM_PROFILE, runsAsOneFile } from "./one_file.ts";

Deno.test({
  name: "the portable file evaluates, passes the gate and reports on a bare machine",
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
  },
});

Deno.test("requireNpm() refuses to build of packages of JSR", () => {
  requireNpm({ "finestep/sqlite": "./src/packages/node/sqlite.ts", zod: "npm:zod@4.6.7" });
  assert.throws(
    () => requireNpm({ "finestep/sqlite": "./src/packages/jsr/sqlite.ts" }),
    /^Error: Cannot build one file as it must be made of packages of npm alone: /,
  );
});
