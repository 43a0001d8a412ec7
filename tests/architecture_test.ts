import assert from "finestep/assert";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** A row of the table of folders in docs/architecture.md. */
interface FolderRule {
  readonly name: string;
  /** Whether it takes values and gives values: no file, network, clock or global random. */
  readonly isPure: boolean;
  /** Folders that its files may import, beside its own and config. */
  readonly mayImport: readonly string[];
}

const RULES = folderRules(Deno.readTextFileSync(join(ROOT, "docs/architecture.md")));

/** What the files of a folder of src/ may import from others. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  RULES.map(({ name, mayImport }) => [name, mayImport]),
);

const PURE = RULES.filter(({ isPure }) => isPure).map(({ name }) => name);

/** Where each outside package, and node's SQLite, is imported in src/: a file or a folder. */
const PLACES: Readonly<Record<string, readonly string[]>> = {
  "@std/cli": ["src/packages/jsr/args.ts"],
  "@std/assert": ["src/packages/jsr/assert.ts"],
  "@db/sqlite": ["src/packages/jsr/sqlite.ts"],
  "finestep/args": ["src/cli/args.ts", "src/cli/stored_system.ts"],
  "finestep/assert": [],
  "finestep/sqlite": ["src/store/"],
  "onnxruntime-node": ["src/engines/onnx_session.ts"],
  "@huggingface/tokenizers": ["src/models/chat_template.ts"],
  "@huggingface/jinja": ["src/models/chat_template.ts"],
  "@tensorflow/tfjs-core": ["src/engines/tfjs"],
  "@tensorflow/tfjs-backend-cpu": ["src/engines/tfjs_backend.ts"],
  "@tensorflow/tfjs-backend-wasm": ["src/engines/tfjs_backend.ts"],
  "@tensorflow/tfjs-backend-webgpu": ["src/engines/tfjs_backend.ts"],
  "cli-table3": ["src/reports/table.ts"],
  "csv-parse": ["src/dataset/descriptions.ts"],
  // Once for each format of outside data, and for our own.
  "zod": [
    "src/audit/chat_line.ts",
    "src/audit/episode_line.ts",
    "src/dataset/bird_format.ts",
    "src/dataset/quarantine.ts",
    "src/engines/tinker/wire.ts",
    "src/gate/baseline.ts",
    "src/gate/trajectory.ts",
    "src/leaderboard/schema.ts",
    "src/models/adapter_folder.ts",
    "src/models/config.ts",
    "src/models/safetensors.ts",
    "src/policies/openai/wire.ts",
    "src/reports/audit_schema.ts",
    "src/reports/export/schema.ts",
    "src/server/ors_wire.ts",
    "src/server/wire.ts",
    "src/store/identity_schema.ts",
  ],
  "vega": ["src/pages/chart.ts"],
  "vega-lite": ["src/pages/chart.ts"],
  "fast-check": [],
  "node:sqlite": [
    "src/packages/node/",
    "src/sandbox/last_error.ts",
    "src/sandbox/read_only_database.ts",
    "src/sandbox/sqlite_version.ts",
  ],
};

interface SourceFile {
  /** Relative to the repository's root, with slashes. */
  readonly path: string;
  /** Without comments, so that examples in docstrings do not count. */
  readonly code: string;
  readonly imports: readonly string[];
}

const SOURCES = sourceFiles("src");

Deno.test("docs/architecture.md has a row for each folder of src/, cli apart, and no other", () => {
  const folders = new Set(SOURCES.map(({ path }) => path.split("/")[1]));
  folders.delete("cli");
  assert.deepEqual(RULES.map(({ name }) => name).sort(), [...folders].sort());
});

Deno.test("folderRules() reads the rows of a table of folders", () => {
  const text = [
    "| folder | pure | may import | what it holds |",
    "| ------ | ---- | ---------- | ------------- |",
    "| `a`    | yes  |            | values        |",
    "| `b`    |      | `a`, `c`   | and `d`       |",
    "| value  | yes  | `a`        | no folder     |",
  ].join("\n");
  assert.deepEqual(folderRules(text), [
    { name: "a", isPure: true, mayImport: [] },
    { name: "b", isPure: false, mayImport: ["a", "c"] },
  ]);
});

Deno.test("tasks/test.ts runs the pure folders of docs/architecture.md without permissions", () => {
  const source = Deno.readTextFileSync(join(ROOT, "tasks/test.ts"));
  const listed = /^const PURE = \[([^\]]*)\];$/m.exec(source)?.[1];
  assert.deepEqual(listed?.match(/\w+/g)?.sort(), [...PURE].sort());
});

Deno.test("src/ folders import only what the table allows", () => {
  const wrong = SOURCES.flatMap(({ path, imports }) => {
    const folder = path.split("/")[1];
    if (folder === "cli") return [];
    const allowed = [folder, "config", ...ALLOWED[folder] ?? []];
    return imports
      .filter((name) => name.startsWith("."))
      .map((name) => join(dirname(path), name).replaceAll("\\", "/"))
      .filter((target) => !target.startsWith("src/") || !allowed.includes(target.split("/")[1]))
      .map((target) => `${path} imports ${target}`);
  });
  assert.deepEqual(wrong, []);
});

Deno.test("the table of imports has no cycle", () => {
  const visit = (folder: string, path: readonly string[]): string[] =>
    path.includes(folder)
      ? [[...path, folder].join(" > ")]
      : ALLOWED[folder].flatMap((next) => visit(next, [...path, folder]));
  assert.deepEqual(Object.keys(ALLOWED).flatMap((folder) => visit(folder, [])), []);
});

Deno.test("every package of the import map is imported, in its place", () => {
  const { imports } = JSON.parse(Deno.readTextFileSync(join(ROOT, "deno.json")));
  const all = [...SOURCES, ...sourceFiles("tests"), ...sourceFiles("tasks")];
  for (const name of Object.keys(imports)) {
    assert(Object.hasOwn(PLACES, name), `no place is known for ${name}`);
    assert.notEqual(filesThatImport(name, all).length, 0, `${name} is not imported`);
  }
  const wrong = Object.entries(PLACES).flatMap(([name, places]) =>
    filesThatImport(name, SOURCES)
      .filter((path) => !places.some((place) => path.startsWith(place)))
      .map((path) => `${path} imports ${name}`)
  );
  assert.deepEqual(wrong, []);
});

Deno.test("src/ imports packages by the import map only", () => {
  const wrong = SOURCES.flatMap(({ path, imports }) =>
    imports.filter((name) => /^(npm:|jsr:|https?:)/.test(name)).map((name) => `${path}: ${name}`)
  );
  assert.deepEqual(wrong, []);
});

Deno.test("pure folders use neither Deno, clock, network nor global random", () => {
  const impure =
    /\bDeno\.|\bDate\.now\b|new Date\(\)|\bperformance\.|\bfetch\(|Math\.random|node:fs/;
  const wrong = SOURCES.filter(({ path, code }) =>
    PURE.includes(path.split("/")[1]) && impure.test(code)
  );
  assert.deepEqual(wrong.map(({ path }) => path), []);
});

Deno.test("main.ts has under 40 lines", () => {
  const lines = Deno.readTextFileSync(join(ROOT, "main.ts")).trimEnd().split("\n");
  assert(lines.length < 40, `main.ts has ${lines.length} lines`);
});

Deno.test("every file of src/ begins with a docstring of its module", () => {
  const wrong = SOURCES.filter(({ path }) =>
    !/^\/\*\*[\s\S]*?@module\s+\*\//.test(Deno.readTextFileSync(join(ROOT, path)))
  );
  assert.deepEqual(wrong.map(({ path }) => path), []);
});

Deno.test("sourceFiles() finds imports of all forms, and none in comments", () => {
  const code = withoutComments(`
    /** import "./a.ts"; */
    import { b } from "./b.ts"; // import "./a.ts"
    import type {
      C,
    } from "./c.ts";
    export * from "./d.ts";
    const e = await import("./e.ts");
    import "./f.ts";
    const url = "https://example.org/from";
  `);
  assert.deepEqual(importsOf(code), ["./b.ts", "./c.ts", "./d.ts", "./e.ts", "./f.ts"]);
});

function folderRules(markdown: string): FolderRule[] {
  const rows = markdown.matchAll(/^\| `(\w+)` *\| (yes)? *\|([^|]*)\|/gm);
  return Array.from(rows, ([, name, pure, imports]) => ({
    name,
    isPure: pure === "yes",
    mayImport: Array.from(imports.matchAll(/`(\w+)`/g), ([, folder]) => folder),
  }));
}

function sourceFiles(folder: string): SourceFile[] {
  return [...Deno.readDirSync(join(ROOT, folder))].flatMap(({ name, isDirectory }) => {
    const path = `${folder}/${name}`;
    if (isDirectory) return sourceFiles(path);
    if (!name.endsWith(".ts")) return [];
    const code = withoutComments(Deno.readTextFileSync(join(ROOT, path)));
    return [{
      path: relative(ROOT, join(ROOT, path)).replaceAll("\\", "/"),
      code,
      imports: importsOf(code),
    }];
  });
}

function withoutComments(code: string): string {
  return code.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "$1");
}

function importsOf(code: string): string[] {
  const statement = /(?:\bfrom\s*|\bimport\s*\(?\s*)"([^"]+)"/g;
  return [...code.matchAll(statement)].map((match) => match[1]);
}

function filesThatImport(name: string, files: readonly SourceFile[]): string[] {
  return files
    .filter(({ imports }) => imports.some((i) => i === name || i.startsWith(`${name}/`)))
    .map(({ path }) => path);
}
