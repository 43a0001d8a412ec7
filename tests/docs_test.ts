import assert from "finestep/assert";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { flagName } from "../src/cli/args.ts";
import { COMMANDS } from "../src/cli/commands.ts";
import { DENO_VERSION, VERSION } from "../src/cli/program.ts";
import { cliPage } from "../tasks/docs.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** A Markdown file, by its path in the repository. */
interface Document {
  readonly path: string;
  readonly text: string;
}

/** A command that a document shows, with its flags. */
interface ShownCommand {
  readonly path: string;
  /** The task or the command of finestep. */
  readonly name: string;
  readonly flags: readonly string[];
}

const DOCUMENTS = [
  "README.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  "results/LOG.md",
  ...markdownFiles("docs"),
  ...markdownFiles("fixtures"),
]
  .filter((path) => existsSync(join(ROOT, path)))
  .map((path): Document => ({ path, text: Deno.readTextFileSync(join(ROOT, path)) }));

const TASKS: Readonly<Record<string, string>> =
  JSON.parse(Deno.readTextFileSync(join(ROOT, "deno.json"))).tasks;

/** Names of one word; a sub-command with flags of its own is part of its command here. */
const WORDS = [...new Set(Object.keys(COMMANDS).map((name) => name.split(" ")[0]))];

Deno.test("README.md is there", () => {
  assert(DOCUMENTS.some(({ path }) => path === "README.md"));
});

Deno.test("documents link to files that exist", () => {
  const wrong = DOCUMENTS.flatMap(({ path, text }) =>
    linksOf(text)
      .filter((link) => !existsSync(join(ROOT, dirname(path), link)))
      .map((link) => `${path}: ${link}`)
  );
  assert.deepEqual(wrong, []);
});

Deno.test("documents link to headings that exist", () => {
  const wrong = DOCUMENTS.flatMap(({ path, text }) =>
    targetsOf(text)
      .filter((target) => target.includes("#"))
      .map((target) => target.split("#"))
      .filter(([file, heading]) => {
        const target = file === "" ? text : Deno.readTextFileSync(join(ROOT, dirname(path), file));
        return !anchorsOf(target).includes(heading);
      })
      .map((link) => `${path}: ${link.join("#")}`)
  );
  assert.deepEqual(wrong, []);
});

Deno.test("documents name source files, recorded results and folders that exist", () => {
  const wrong = DOCUMENTS.flatMap(({ path, text }) =>
    codeOf(text)
      .filter((code) => /^(src|tests|tasks|docs|results(?!\/runs))\/[\w./-]+$/.test(code))
      .filter((code) => !existsSync(join(ROOT, code)))
      .map((code) => `${path}: ${code}`)
  );
  assert.deepEqual(wrong, []);
});

Deno.test("documents name tasks of deno.json, and those name files that exist", () => {
  const shown = DOCUMENTS.flatMap((document) => commandsOf(document, "deno task"));
  const wrong = shown.filter(({ name }) => !Object.hasOwn(TASKS, name));
  assert.deepEqual(wrong.map(({ path, name }) => `${path}: deno task ${name}`), []);
  const files = Object.values(TASKS).flatMap((task) => task.match(/\b[\w/]+\.ts\b/g) ?? []);
  assert.deepEqual(files.filter((file) => !existsSync(join(ROOT, file))), []);
});

Deno.test("documents name commands of main.ts", () => {
  const shown = DOCUMENTS.flatMap((document) => commandsOf(document, "finestep"));
  const wrong = shown.filter(({ name }) => ![...WORDS, "help"].includes(name));
  assert.deepEqual(wrong.map(({ path, name }) => `${path}: finestep ${name}`), []);
});

Deno.test("documents use flags that the command's help knows", async () => {
  const shown = DOCUMENTS.flatMap((document) => [
    ...commandsOf(document, "finestep"),
    ...commandsOf(document, "deno task").map((command) => ({
      ...command,
      name: TASKS[command.name]?.match(/main\.ts ([\w ]+)$/)?.[1] ?? "",
    })),
  ]).filter(({ name }) => WORDS.includes(name.split(" ")[0]));
  const known = await flagsOf([...new Set(shown.map(({ name }) => name))]);
  const wrong = shown.flatMap(({ path, name, flags }) =>
    flags
      .filter((flag) => !known.get(name)!.has(flag))
      .map((flag) => `${path}: ${name} ${flag}`)
  );
  assert.deepEqual(wrong, []);
});

Deno.test("docs/README.md lists every page of docs/, and no other", () => {
  const index = Deno.readTextFileSync(join(ROOT, "docs/README.md"));
  const listed = Array.from(index.matchAll(/^- \[[^\]]*\]\((\w+\.md)\): \S/gm), ([, page]) => page);
  const pages = [...Deno.readDirSync(join(ROOT, "docs"))].map(({ name }) => name)
    .filter((name) => name.endsWith(".md") && name !== "README.md");
  assert.deepEqual(listed.toSorted(), pages.sort());
});

Deno.test("documents run Deno in the version that finestep is tested with", () => {
  const wrong = DOCUMENTS.flatMap(({ path, text }) =>
    Array.from(text.matchAll(/\bdeno@([\d.]+\d)/g), ([, version]) => `${path}: ${version}`)
  ).filter((found) => !found.endsWith(`: ${DENO_VERSION}`));
  assert.deepEqual(wrong, []);
});

Deno.test("CHANGELOG.md has a section for the version of deno.json, and the newest first", () => {
  const text = Deno.readTextFileSync(join(ROOT, "CHANGELOG.md"));
  const versions = Array.from(text.matchAll(/^## \[(\d+\.\d+\.\d+)\]/gm), ([, version]) => version);
  assert.equal(versions[0], VERSION);
  assert.deepEqual(versions, versions.toSorted().reverse());
});

Deno.test("docs/cli.md is what tasks/docs.ts writes, and has every command", async () => {
  const page = Deno.readTextFileSync(join(ROOT, "docs/cli.md"));
  assert.equal(page, await cliPage(), "docs/cli.md is not current: deno run -A tasks/docs.ts");
  const shown = Array.from(page.matchAll(/^## finestep (\w+)/gm), ([, name]) => name);
  assert.deepEqual([...new Set(shown)].sort(), WORDS.toSorted());
});

Deno.test("commandsOf() finds commands in code only", () => {
  const text = [
    "finestep is a trainer; `finestep eval --seed 3` evaluates, `--algorithm finestep` chooses.",
    "```sh",
    "$ deno task train --train-steps 8 \\",
    "    --seed 2",
    "npx -y deno@2.9.6 task ok",
    "```",
  ].join("\n");
  const document = { path: "a.md", text };
  assert.deepEqual(commandsOf(document, "finestep"), [
    { path: "a.md", name: "eval", flags: ["--seed"] },
  ]);
  assert.deepEqual(commandsOf(document, "deno task"), [
    { path: "a.md", name: "train", flags: ["--train-steps", "--seed"] },
    { path: "a.md", name: "ok", flags: [] },
  ]);
});

Deno.test("anchorsOf() names headings as GitHub does, and none of code", () => {
  const text = "# What `x` is, and isn't\n```\n# no heading\n```\n## The 2nd-best";
  assert.deepEqual(anchorsOf(text), ["what-x-is-and-isnt", "the-2nd-best"]);
});

Deno.test("linksOf() finds links into the repository, not those into the web", () => {
  const text = "[a](docs/a.md#part) ![b](b.png) [c](https://example.org) [d](#d) `[e](e.md)`";
  assert.deepEqual(linksOf(text), ["docs/a.md", "b.png"]);
});

function markdownFiles(folder: string): string[] {
  if (!existsSync(join(ROOT, folder))) return [];
  return [...Deno.readDirSync(join(ROOT, folder))].flatMap(({ name, isDirectory }) => {
    if (isDirectory) return markdownFiles(`${folder}/${name}`);
    return name.endsWith(".md") ? [`${folder}/${name}`] : [];
  });
}

function linksOf(text: string): string[] {
  return targetsOf(text).map((target) => target.split("#")[0]).filter((file) => file !== "");
}

/** Targets of links that are not into the web, with the headings that they name. */
function targetsOf(text: string): string[] {
  const prose = text.replace(/```[\s\S]*?```/g, "").replace(/`[^`\n]*`/g, "");
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target)
    .filter((target) => !/^\w+:/.test(target));
}

/** What GitHub makes of a page's headings, for links to name. */
function anchorsOf(text: string): string[] {
  return [...text.replace(/```[\s\S]*?```/g, "").matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading.toLowerCase().replace(/[^\w\s-]/g, "").trim().replaceAll(" ", "-")
  );
}

/** Lines of code blocks, joined where they go on, and code spans. */
function codeOf(text: string): string[] {
  const blocks = [...text.matchAll(/```[^\n]*\n([\s\S]*?)```/g)].flatMap((match) =>
    match[1].replace(/\\\n\s*/g, "").split("\n")
  );
  const prose = text.replace(/```[\s\S]*?```/g, "");
  return [...blocks, ...[...prose.matchAll(/`([^`\n]+)`/g)].map((match) => match[1])];
}

function commandsOf({ path, text }: Document, program: "finestep" | "deno task"): ShownCommand[] {
  const start = program === "finestep"
    ? /^(?:\$ )?finestep (\w+)/
    : /\bdeno(?:@[\d.]+)? task (\w+)/;
  return codeOf(text).flatMap((code) => {
    const match = start.exec(code.trim());
    if (!match) return [];
    const rest = code.trim().slice(match.index + match[0].length);
    // `bench` hands what is quoted, and what follows a lone `--`, to `train`.
    const handed = rest.match(/"[^"]*"| -- .*$/g)?.join(" ") ?? "";
    const own = rest.replace(/"[^"]*"| -- .*$/g, "");
    return [
      { path, name: match[1], flags: flagsIn(own) },
      ...match[1] === "bench" ? [{ path, name: "train", flags: flagsIn(handed) }] : [],
    ];
  });
}

function flagsIn(text: string): string[] {
  return text.match(/(?<=\s)--[a-z][\w-]*/g) ?? [];
}

/**
 * The flags of commands, by their name. A sub-command's are also those of the word that it begins with,
 * as what is shown is cut after one word.
 */
async function flagsOf(names: readonly string[]): Promise<Map<string, Set<string>>> {
  const of = async (name: string) => {
    const own = Object.entries(COMMANDS).filter(([command]) =>
      command === name || command.startsWith(`${name} `)
    );
    const tables = await Promise.all(own.map(async ([, { load }]) => (await load()).TABLES));
    const flags = tables.flatMap(Object.values).flatMap((options) =>
      Object.keys(options).map(flagName).flatMap((flag) => [flag, flag.replace("--", "--no-")])
    );
    return new Set([...flags, "--json", "--help"]);
  };
  return new Map(await Promise.all(names.map(async (name) => [name, await of(name)] as const)));
}
