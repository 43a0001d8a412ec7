import assert from "finestep/assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** What is completed, and some of what must and must not be offered, in every shell. */
const CASES: readonly [line: string, offered: readonly string[], not: readonly string[]][] = [
  ["finestep ", ["train", "doctor", "completions"], ["leaderboard check", "--seed", "README.md"]],
  ["finestep le", ["leaderboard"], ["train"]],
  ["finestep eng", ["engine"], ["engine probe"]],
  ["finestep engine ", ["probe"], ["train"]],
  ["finestep engine probe --ran", ["--rank"], ["--data"]],
  ["finestep train --grou", ["--group-size"], ["--data", "--groups-per-step-of"]],
  ["finestep train --no-", ["--no-norm-std"], ["--data"]],
  ["finestep train --algorithm gr", ["grpo"], ["gspo"]],
  ["finestep eval --engine ", ["onnx", "tfjs"], ["train", "README.md"]],
  ["finestep eval --engine=on", ["onnx"], ["tfjs"]],
  ["finestep leaderboard ", ["add", "export", "check"], ["train"]],
  ["finestep leaderboard --mar", ["--markdown"], ["--margin-ex"]],
  ["finestep leaderboard check --margin-e", ["--margin-ex"], ["--markdown"]],
  ["finestep eval --data some_f", ["some_folder"], ["some_file.json"]],
  ["finestep eval --predictions some_f", ["some_file.json", "some_folder"], []],
  ["finestep credit some_fi", ["some_file.json"], ["some_folder"]],
  ["finestep completions ", ["bash", "zsh", "fish", "powershell"], ["some_file.json"]],
];

/** How a shell is asked what it offers for a line, with its script in a file. */
const SHELLS: Readonly<Record<string, (script: string, line: string) => readonly string[]>> = {
  bash: (script, line) => ["bash", "--norc", "-c", BASH, "bash", script, line],
  zsh: (script, line) => ["zsh", "-f", "-c", ZSH, "zsh", script, line],
  fish: (script, line) => ["fish", "--no-config", "-c", FISH, script, line],
  powershell: (script, line) => ["pwsh", "-NoProfile", "-Command", POWERSHELL, script, line],
};

/** Splits the line at spaces and `=`, as bash itself does. */
const BASH = `
source "$1"
compopt() { :; }
line=\${2//=/ = }
read -ra COMP_WORDS <<< "$line"
[[ $line == *" " ]] && COMP_WORDS+=("")
COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
_finestep
printf '%s\\n' "\${COMPREPLY[@]}"
`;

/** Types the line and a tab into a shell on a terminal of its own, which prints what is offered. */
const ZSH = `
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "SCRIPT=\${(q)1}; source \${(q)1}.setup"
zpty -r -m shell output "*ready:*"
zpty -w -n shell "$2"$'\\t'
zpty -r -m shell output "*ends:*"
print -r -- "$output" | tr -d '\\r' | grep -ao 'offered:.*' | sed 's/^offered://'
`;

const ZSH_SETUP = `
PROMPT=
autoload -Uz compinit
compinit -C -d $SCRIPT.dump
source $SCRIPT
bindkey '^I' complete-word
starts () { print starts: }
compprefuncs=(starts)
ends () { print ends:; exit }
comppostfuncs=(ends)
compadd () {
  if [[ \${@[1,(i)(-|--)]} == *-(O|A|D)\\ * ]]; then builtin compadd "$@"; return; fi
  local -a found
  builtin compadd -O found "$@"
  print -rl -- offered:$^found
  builtin compadd "$@"
}
print ready:
`;

const FISH = `source $argv[1]; complete -C "$argv[2]" | string replace -r '\\t.*' ''`;

const POWERSHELL = `
. $args[0]
[System.Management.Automation.CommandCompletion]::CompleteInput($args[1], $args[1].Length, $null).
  CompletionMatches | ForEach-Object { $_.CompletionText }
`;

for (const [shell, command] of Object.entries(SHELLS)) {
  const program = command("", "")[0];
  Deno.test({
    name: `finestep completions ${shell} completes commands, flags, values and paths`,
    ignore: !await isThere(program),
    fn: async () => {
      const folder = await Deno.makeTempDir();
      try {
        const script = join(folder, "script");
        await Deno.writeTextFile(script, await finestep("completions", shell));
        await Deno.writeTextFile(`${script}.setup`, ZSH_SETUP);
        const work = join(folder, "work");
        await Deno.mkdir(join(work, "some_folder"), { recursive: true });
        await Deno.writeTextFile(join(work, "some_file.json"), "{}");
        for (const [line, offered, not] of CASES) {
          const words = await offeredBy(command(script, line), work);
          const told = `${line}: ${words.join(" ")}`;
          for (const word of offered) {
            assert(words.includes(word), `${word} is missing for ${told}`);
          }
          for (const word of not) assert(!words.includes(word), `${word} is offered for ${told}`);
        }
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}

Deno.test("finestep completions refuses a shell that it does not know", async () => {
  const { run } = await import("../../src/cli/completions.ts");
  await assert.rejects(run(["tcsh"]), /must be one of bash, zsh, fish, powershell: .* tcsh$/);
  await assert.rejects(run([]), /current value is none$/);
});

async function isThere(program: string): Promise<boolean> {
  try {
    const { success } = await new Deno.Command(program, { args: ["--version"] }).output();
    return success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function finestep(...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-all", "main.ts", ...args],
    cwd: ROOT,
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/** What is offered, without the slash after folders. */
async function offeredBy([program, ...args]: readonly string[], cwd: string): Promise<string[]> {
  // A shell that waits for a key that nobody will press is ended.
  const signal = AbortSignal.timeout(20_000);
  const { stdout } = await new Deno.Command(program, { args, cwd, stdin: "null", signal }).output();
  return new TextDecoder().decode(stdout).split("\n")
    .map((word) => word.trim().replace(/[/ ]$/, "").replace(/^--engine=/, ""))
    .filter((word) => word !== "");
}
