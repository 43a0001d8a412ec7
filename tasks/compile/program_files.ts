/**
 * What the program consists of when it runs: its modules, fixtures and recorded baselines, and the npm
 * packages that it imports. The portable file packs it, and `deno compile` compiles it.
 *
 * @module
 */

import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { type Lock, type ModuleGraph, neededPackages, prunedLock } from "./packages.ts";
import { permissions } from "./permissions.ts";
import type { Target } from "./targets.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** A file of the program. */
export interface ProgramFile {
  /** With slashes, below the folder that it is put into. */
  readonly path: string;
  /** Where it is copied from, or what it holds. */
  readonly source: string | Uint8Array;
}

/** What is put into a build beside its code; `build.json` of src/cli/program.ts. */
export interface BuildFacts {
  readonly form: "portable" | "compiled";
  readonly commit: string | null;
}

/** Folders and files of the source that a run reads. `fixtures/golden` is for tests alone. */
const SOURCE = [
  "main.ts",
  "src",
  "fixtures/calculator",
  "fixtures/calculator_policy",
  "fixtures/gate",
  "fixtures/minibird",
  "fixtures/policy",
  "results/gate.json",
  "results/leaderboard.json",
  "LICENSE",
];

/** Where the executable begins; its graph is that of the program, with the worker of a compiled one. */
export const ENTRY = "src/cli/compiled.ts";

/**
 * What packages bring along for other readers than Node: declarations, maps, their own tests, builds for
 * browsers, texts other than licences, and what marks a package as looked at in Deno's cache.
 */
const UNUSED =
  /(\.ts|\.cts|\.mts|\.map|_test\.js|\.(fesm|es2017|min)\.js|\.html|\/\.scripts-warned-\d+|\/(readme|changelog|history)[^/]*\.md)$|\/(miniprogram|umd|iife|wasm-out)\//i;

/** The folder of npm packages in Deno's cache. */
export const PACKAGES = "deno_dir/npm/registry.npmjs.org";

/** The package with the native library. */
const NATIVE_PACKAGE = "onnxruntime-node";

/**
 * All files of the program for a target, by path: the source below `app`, Deno's cache below `deno_dir`.
 *
 * @throws {Error} If a package is not in Deno's cache and cannot be had, the native library is missing, or
 * `deno.json` is the profile of JSR.
 */
export async function programFiles(
  target: Target,
  facts: BuildFacts,
): Promise<readonly ProgramFile[]> {
  const packages = neededPackages(await moduleGraph());
  const manifest = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json")));
  requireNpm(manifest.imports);
  const lock = prunedLock(
    JSON.parse(await Deno.readTextFile(join(ROOT, "deno.lock"))) as Lock,
    packages,
  );
  const native = `bin/napi-v6/${target.platform}/${target.arch}/`;
  const npm = [...packages.values()].flatMap(({ name, version, localPath }) =>
    filesBelow(localPath)
      .filter((path) => !UNUSED.test(`/${path}`))
      .filter(isRead(localPath))
      .filter((path) => !path.startsWith("bin/napi-v6/") || path.startsWith(native))
      .map((path) => ({
        path: `${PACKAGES}/${name}/${version}/${path}`,
        source: join(localPath, path),
      }))
  );
  if (!npm.some(({ path }) => path.includes(native))) {
    throw new Error(
      `Cannot build for ${target.triple} as ${NATIVE_PACKAGE} must have a native library for it: ` +
        `none is in ${native}`,
    );
  }
  const source = SOURCE.flatMap((name) => {
    const path = join(ROOT, name);
    const isFile = Deno.statSync(path).isFile;
    return isFile ? [name] : filesBelow(path).map((file) => `${name}/${file}`);
  });
  const files: ProgramFile[] = [
    ...npm,
    ...source.map((path) => ({ path: `app/${path}`, source: join(ROOT, path) })),
    jsonFile("app/deno.json", {
      ...runManifest(manifest, lock),
      // Where a compiled program will unpack the library is not known when it is built.
      permissions: {
        default: permissions(
          facts.form === "compiled" ? true : [`../${PACKAGES}/${NATIVE_PACKAGE}`],
        ),
      },
    }),
    jsonFile("app/deno.lock", lock),
    jsonFile("app/build.json", facts),
    // Else a registry of the user's own would name another folder of the cache.
    textFile("app/.npmrc", "registry=https://registry.npmjs.org/\n"),
  ];
  return files.toSorted((a, b) => a.path < b.path ? -1 : 1);
}

/**
 * Refuses the package profile of JSR: what is packed are packages of npm, and its SQLite driver would look
 * for a library on the machine.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { requireNpm } from "./program_files.ts";
 *
 * requireNpm({ "finestep/sqlite": "./src/packages/node/sqlite.ts" });
 * assert.throws(() => requireNpm({ "finestep/sqlite": "./src/packages/jsr/sqlite.ts" }), /npm alone/);
 * ```
 */
export function requireNpm(imports: Readonly<Record<string, string>>): void {
  if (!Object.values(imports).some((address) => address.startsWith("./src/packages/jsr/"))) return;
  throw new Error(
    "Cannot build one file as it must be made of packages of npm alone: deno.json is the profile of JSR",
  );
}

/** The manifest with what a run needs: the import map without what tests alone import. */
function runManifest({ name, version, exports, imports }: {
  readonly name: string;
  readonly version: string;
  readonly exports: string;
  readonly imports: Readonly<Record<string, string>>;
}, { specifiers }: Lock) {
  const isNeeded = ([, address]: [string, string]) =>
    address.startsWith("./src/") || Object.hasOwn(specifiers, address);
  return {
    ...{ name, version, exports },
    nodeModulesDir: "none",
    lock: { frozen: true },
    imports: Object.fromEntries(Object.entries(imports).filter(isNeeded)),
  };
}

/**
 * Which modules of a package Node reads: where `main` is a bundle for it, as TensorFlow.js has them, no
 * other module is.
 */
function isRead(folder: string): (path: string) => boolean {
  const { main } = JSON.parse(Deno.readTextFileSync(join(folder, "package.json")));
  if (!main?.endsWith(".node.js")) return () => true;
  return (path) => path === main || !path.endsWith(".js");
}

async function moduleGraph(): Promise<ModuleGraph> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", ENTRY],
    cwd: ROOT,
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  if (success) return JSON.parse(text(stdout));
  throw new Error(`Cannot build as deno info ${ENTRY} must succeed: ${text(stderr)}`);
}

/** Paths of files, relative to the folder, with slashes. */
function filesBelow(folder: string): string[] {
  const visit = (path: string): string[] =>
    [...Deno.readDirSync(path)].flatMap(({ name, isDirectory }) =>
      isDirectory ? visit(join(path, name)) : [join(path, name)]
    );
  return visit(folder).map((path) => relative(folder, path).replaceAll("\\", "/"));
}

function jsonFile(path: string, value: unknown): ProgramFile {
  return textFile(path, `${JSON.stringify(value, null, 2)}\n`);
}

function textFile(path: string, text: string): ProgramFile {
  return { path, source: new TextEncoder().encode(text) };
}
