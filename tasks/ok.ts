/**
 * Everything a change must pass, in the order of how soon it fails: one line each, and the output
 * of the first that fails. With `--checks`, all but the tests.
 *
 * @module
 */

const CHECKS: Readonly<Record<string, readonly string[]>> = {
  format: ["fmt", "--check"],
  lint: ["lint"],
  types: ["check", "."],
  imports: ["test", "--allow-read", "tests/architecture_test.ts"],
};

const TESTS = { tests: ["run", "--allow-all", "tasks/test.ts"] };

/** Runs a check, prints how it went, and says whether it passed. */
async function passes(name: string, args: readonly string[]): Promise<boolean> {
  const began = performance.now();
  const command = new Deno.Command(Deno.execPath(), { args: [...args] });
  const { success, stdout, stderr } = await command.output();
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const output = new TextDecoder().decode(stdout).trimEnd();
  const note = name === "tests" ? `  ${output.split("\n").at(-1)}` : "";
  console.log(`${name.padEnd(8)} ${success ? "ok" : "FAILED"}  ${seconds} s${note}`);
  if (!success) console.log(output + "\n" + new TextDecoder().decode(stderr).trimEnd());
  return success;
}

const steps = Deno.args.includes("--checks") ? CHECKS : { ...CHECKS, ...TESTS };
for (const [name, args] of Object.entries(steps)) {
  if (await passes(name, args)) continue;
  Deno.exitCode = 1;
  break;
}
