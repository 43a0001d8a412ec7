/**
 * Builds finestep as one file: `deno task compile` by `deno compile`, with `--portable` as a script that
 * unpacks the installed Deno. `--help` lists the flags; docs/binary.md says what comes out.
 *
 * @module
 */

import { dirname } from "node:path";
import { helpText, parseFlags, UsageError } from "../src/cli/args.ts";
import { failureText } from "../src/cli/failure.ts";
import { sourceCommit } from "../src/cli/program.ts";
import { choice, file, option } from "../src/config/option.ts";
import { recordCheck } from "./compile/check.ts";
import { checkShell, writePortable } from "./compile/portable.ts";
import { programFiles } from "./compile/program_files.ts";
import { compile } from "./compile/standalone.ts";
import { checkExecutable, targetNamed, TARGETS } from "./compile/targets.ts";

const TABLES = {
  build: {
    portable: option(false, "make a script that unpacks Deno, not a compiled program", "ours"),
    target: choice(
      Deno.build.target,
      [...new Set([Deno.build.target, ...TARGETS.map(({ triple }) => triple)])],
      "the machine that it is for",
      "ours",
    ),
    deno: file("", "Deno for that machine, for --portable (none = this one)", "ours"),
    output: file("", "where it is written (none = build/finestep, with the target's name)", "ours"),
    level: option(9, "of gzip, for --portable", "ours", { range: [1, 9] }),
    check: option(false, "run it as on a bare machine, and write results/binary.txt", "ours"),
  },
};

const HELP = { usage: "deno task compile", summary: "Builds finestep as one file." };

async function run(argv: readonly string[]): Promise<void> {
  const { values: { build }, help, positionals } = parseFlags(argv, TABLES);
  if (help) return console.log(helpText(HELP, TABLES));
  if (positionals.length > 0) throw new UsageError(`Unknown argument "${positionals[0]}"`);
  const target = targetNamed(build.target);
  const isHere = build.target === Deno.build.target;
  if (build.portable) checkShell(target);
  if (!build.portable && build.deno !== "") {
    throw new UsageError("Cannot compile with --deno as that is for --portable: see DENORT_BIN");
  }
  if (build.check && !isHere) {
    throw new UsageError(`Cannot check a build for ${build.target} as it must run on this machine`);
  }
  if (build.portable && build.deno === "" && !isHere) {
    throw new UsageError(
      `Cannot make a portable file for ${build.target} as it needs Deno for it: pass --deno`,
    );
  }
  const suffix = target.platform === "win32" ? ".exe" : "";
  const output = build.output || `build/finestep${isHere ? "" : `-${build.target}`}${suffix}`;
  await Deno.mkdir(dirname(output), { recursive: true });
  const form = build.portable ? "portable" : "compiled";
  const commit = await sourceCommit();
  const files = await programFiles(target, { form, commit });
  if (build.portable) {
    const deno = build.deno || Deno.execPath();
    await checkExecutable(deno, target);
    await writePortable(output, files, { target, deno, level: build.level });
  } else {
    await compile(output, files, { target, base: Deno.env.get("DENORT_BIN") ?? null });
  }
  const { size } = await Deno.stat(output);
  console.log(`${output}: ${form}, for ${build.target}, ${(size / 1e6).toFixed(1)} MB`);
  if (build.check) {
    const command = ["deno task compile", ...argv].join(" ");
    console.log(await recordCheck(output, { command, commit }));
  }
}

try {
  await run(Deno.args);
} catch (error) {
  console.error(failureText(error));
  Deno.exitCode = error instanceof UsageError ? 2 : 1;
}
