import assert from "node:assert/strict";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** What the files of a folder of src/ may import from others; see docs/architecture.md. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  config: [],
  sandbox: [],
  trajectory: ["sandbox"],
  dataset: ["sandbox"],
  rewards: ["trajectory", "sandbox"],
  credit: ["trajectory"],
  algorithms: ["trajectory", "credit"],
  models: ["trajectory"],
  policies: ["trajectory", "models"],
  env: ["trajectory", "dataset", "sandbox", "policies"],
  engines: ["trajectory", "algorithms", "models", "policies"],
  evaluation: ["trajectory", "dataset", "sandbox", "policies", "env"],
  trainer: [
    "trajectory",
    "dataset",
    "policies",
    "env",
    "rewards",
    "credit",
    "algorithms",
    "models",
    "engines",
    "evaluation",
  ],
  store: ["trajectory", "evaluation"],
  reports: ["trajectory", "evaluation", "store"],
};

/** Folders that take values and give values: no file, network, clock or global random. */
const PURE = ["algorithms", "config", "credit", "reports", "rewards", "trajectory"];

/** Where each outside package, and node's SQLite, is imported in src/: a file or a folder. */
const PLACES: Readonly<Record<string, readonly string[]>> = {
  "onnxruntime-node": ["src/engines/onnx_session.ts"],
  "@huggingface/tokenizers": ["src/models/chat_template.ts"],
  "@huggingface/jinja": ["src/models/chat_template.ts"],
  "cli-table3": ["src/reports/table.ts"],
  "csv-parse": ["src/dataset/descriptions.ts"],
  // Once for each format of outside data.
  "zod": ["src/dataset/bird_format.ts", "src/models/config.ts", "src/models/safetensors.ts"],
  "fast-check": [],
  "node:sqlite": ["src/sandbox/read_only_database.ts", "src/store/"],
};

const ROOT = fileURLToPath(new URL("..", import.meta.url));

interface SourceFile {
  /** Relative to the repository's root, with slashes. */
  readonly path: string;
  /** Without comments, so that examples in docstrings do not count. */
  readonly code: string;
  readonly imports: readonly string[];
}

const SOURCES = sourceFiles("src");

Deno.test("src/ has only folders that the table of imports knows", () => {
  const folders = new Set(SOURCES.map(({ path }) => path.split("/")[1]));
  folders.delete("cli");
  assert.deepEqual([...folders].filter((folder) => !Object.hasOwn(ALLOWED, folder)), []);
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

Deno.test("main.ts has under 30 lines", () => {
  const lines = Deno.readTextFileSync(join(ROOT, "main.ts")).trimEnd().split("\n");
  assert(lines.length < 30, `main.ts has ${lines.length} lines`);
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
