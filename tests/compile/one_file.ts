/**
 * What each form of the one file must do.
 *
 * @module
 */

import assert from "finestep/assert";
import { dirname, join } from "node:path";
import { DEFAULT_STORE_PATH } from "../../src/store/run_store.ts";
import type { BareMachine } from "../../tasks/compile/bare_machine.ts";

/** Whether the tests run under the profile that one file is built of. */
export const IS_NPM_PROFILE = import.meta.resolve("finestep/sqlite").includes("/packages/node/");

/** Evaluates, checks the gate and reports, from an empty folder, a few questions each. */
export async function runsAsOneFile(machine: BareMachine, program: string): Promise<void> {
  const run = async (...args: string[]) => {
    const { code, stdout, stderr } = await machine.run(program, args);
    assert.equal(code, 0, `${args.join(" ")}: ${stderr}${stdout}`);
    return stdout;
  };
  assert.match(
    await run("eval", "--limit", "2"),
    /^fixtures\/policy on fixtures\/minibird dev: \d of 2 right$/m,
  );
  assert.match(await run("runs"), /fixtures\/minibird dev/);
  assert.match(
    await run("leaderboard", "check", "--limit", "2", "--samples", "1"),
    /^PASS: this tree against results\/gate\.json/,
  );
  await run("report");
  // All results are where the user is, and nothing else is.
  const names = [...Deno.readDirSync(machine.work)].map(({ name }) => name).sort();
  assert.deepEqual(names, ["report.html", dirname(dirname(DEFAULT_STORE_PATH))]);
  assert.ok((await Deno.stat(join(machine.work, DEFAULT_STORE_PATH))).isFile);

  const { code, stderr } = await machine.run(program, ["eval", "--data", "fixtures/none"]);
  assert.equal(code, 1);
  assert.match(stderr, /^Cannot load .*fixtures\/none/);
}
