/** The command line: hands the arguments to the command of src/cli that they name. @module */

import { UsageError } from "./src/cli/args.ts";
import { namedCommand, programHelp, runCommand, unknownCommand } from "./src/cli/commands.ts";
import { failureText } from "./src/cli/failure.ts";
import { versionText } from "./src/cli/program.ts";

const [word = "help", ...rest] = Deno.args;
const argv = word === "help" ? [...rest, "--help"] : Deno.args;
const [first] = argv;
try {
  const named = namedCommand(argv);
  if (!named?.entry.network) Deno.permissions.revokeSync({ name: "net" });
  if (named) Deno.exitCode = await runCommand(await named.entry.load(), named.rest);
  else if (["--help", "-h"].includes(first)) console.log(programHelp());
  else if (["--version", "-V"].includes(first)) console.log(await versionText());
  else throw unknownCommand(argv);
} catch (error) {
  console.error(failureText(error));
  Deno.exitCode = error instanceof UsageError ? 2 : 1;
}
