/** The command line: hands the arguments to the command of src/cli that they name. @module */

import { UsageError } from "./src/cli/args.ts";
import { failureText } from "./src/cli/failure.ts";

const COMMANDS: Readonly<Record<string, () => Promise<{ run: Run }>>> = {
  bench: () => import("./src/cli/bench.ts"),
  credit: () => import("./src/cli/credit.ts"),
  data: () => import("./src/cli/data.ts"),
  eval: () => import("./src/cli/eval.ts"),
  export: () => import("./src/cli/export.ts"),
  leaderboard: () => import("./src/cli/leaderboard.ts"),
  report: () => import("./src/cli/report.ts"),
  runs: () => import("./src/cli/runs.ts"),
  train: () => import("./src/cli/train.ts"),
  watch: () => import("./src/cli/watch.ts"),
};
type Run = (argv: readonly string[]) => number | Promise<number>;

const USAGE = `finestep ${Object.keys(COMMANDS).join(" | ")} [--help]`;
const [name = "--help", ...argv] = Deno.args;
try {
  if (Object.hasOwn(COMMANDS, name)) Deno.exitCode = await (await COMMANDS[name]()).run(argv);
  else if (name === "--help" || name === "-h") console.log(`Usage: ${USAGE}`);
  else throw new UsageError(`Unknown command "${name}": ${USAGE}`);
} catch (error) {
  console.error(failureText(error));
  Deno.exitCode = error instanceof UsageError ? 2 : 1;
}
