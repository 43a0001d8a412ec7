/**
 * The test command: every test and every documented example, then one line that counts them.
 *
 * Folders without I/O are tested without permissions, so that Deno itself proves they have none;
 * their tests may read golden files and documents. Paths as arguments run only what is under them.
 *
 * @module
 */

import { stripVTControlCharacters } from "node:util";

/** Folders of src/ and tests/ that take values and give values. */
const PURE = [
  "algorithms",
  "audit",
  "config",
  "credit",
  "gate",
  "leaderboard",
  "pages",
  "reports",
  "rewards",
  "trajectory",
];

/** Golden files, documents that tests compare with the code, and data beside the project. */
const READABLE = "fixtures,docs,../shared";

/** Counts of a test run. */
interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

function isPure(path: string): boolean {
  const [, folder] = path.replaceAll("\\", "/").replace(/^\.\//, "").split("/");
  return PURE.includes(folder);
}

/** What `deno test` is given: the folders of src/ and the folders and files of tests/. */
function allPaths(): string[] {
  return ["src", "tests"].flatMap((root) =>
    [...Deno.readDirSync(root)]
      .filter(({ name, isDirectory }) => isDirectory || name.endsWith("_test.ts"))
      .map(({ name }) => `${root}/${name}`)
  ).sort();
}

/** Runs `deno test`, shows its output as it comes, and counts. */
async function run(permissions: readonly string[], paths: readonly string[]): Promise<Counts> {
  if (paths.length === 0) return { passed: 0, failed: 0, skipped: 0 };
  const args = ["test", "--doc", "--parallel", "--no-prompt", ...permissions, ...paths];
  const child = new Deno.Command(Deno.execPath(), { args, stdout: "piped" }).spawn();
  const [shown, read] = child.stdout.tee();
  const [text, status] = await Promise.all([
    new Response(read).text(),
    child.status,
    shown.pipeTo(Deno.stdout.writable, { preventClose: true }),
  ]);
  const counts = counted(stripVTControlCharacters(text));
  // A module that does not compile or a crash leaves no failed test behind.
  if (!status.success && counts.failed === 0) counts.failed = 1;
  return counts;
}

/** Reads the last line of `deno test`: `ok | 3 passed (2 steps) | 0 failed | 1 ignored (5ms)`. */
function counted(output: string): Counts {
  const summary = output.split("\n").findLast((line) => /^(ok|FAILED) \| \d+ passed/.test(line));
  const count = (word: string) => Number(summary?.match(`\\| (\\d+) ${word}`)?.[1] ?? 0);
  return { passed: count("passed"), failed: count("failed"), skipped: count("ignored") };
}

const paths = Deno.args.length > 0 ? Deno.args : allPaths();
const runs = [
  await run([`--allow-read=${READABLE}`], paths.filter(isPure)),
  await run(["--allow-all"], paths.filter((path) => !isPure(path))),
];
const sum = (key: keyof Counts) => runs.reduce((total, counts) => total + counts[key], 0);
const skipped = sum("skipped") > 0 ? `, ${sum("skipped")} skipped` : "";
console.log(`${sum("passed")} passed, ${sum("failed")} failed${skipped}`);
Deno.exitCode = sum("failed") > 0 ? 1 : 0;
