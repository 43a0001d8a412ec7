/**
 * The npm packages that the program needs when it runs, by what Deno itself says that it imports.
 *
 * @module
 */

/** A package in Deno's cache. */
export interface Package {
  readonly name: string;
  readonly version: string;
  /** Ids of the packages that it needs. */
  readonly dependencies: readonly string[];
  /** Its folder in the cache. */
  readonly localPath: string;
}

/** The part of `deno info --json` that is read here. */
export interface ModuleGraph {
  readonly modules: readonly { readonly npmPackage?: string }[];
  readonly npmPackages: Readonly<Record<string, Package>>;
}

/** The part of `deno.lock` that is read here. */
export interface Lock {
  readonly version: string;
  readonly specifiers: Readonly<Record<string, string>>;
  readonly npm: Readonly<Record<string, unknown>>;
  readonly workspace: { readonly dependencies: readonly string[] };
}

/**
 * The packages that modules of a graph import, with those that these need, by their ids.
 *
 * @example What only tests import stays out
 * ```ts
 * import assert from "node:assert/strict";
 * import { neededPackages } from "./packages.ts";
 *
 * const one = (name: string, dependencies: string[] = []) => ({
 *   ...{ name, version: "1.0.0", dependencies, localPath: `/cache/${name}/1.0.0` },
 * });
 * const found = neededPackages({
 *   modules: [{ npmPackage: "a@1.0.0" }, {}],
 *   npmPackages: { "a@1.0.0": one("a", ["b@1.0.0"]), "b@1.0.0": one("b"), "c@1.0.0": one("c") },
 * });
 * assert.deepEqual([...found.keys()], ["a@1.0.0", "b@1.0.0"]);
 * ```
 */
export function neededPackages(
  { modules, npmPackages }: ModuleGraph,
): ReadonlyMap<string, Package> {
  const found = new Map<string, Package>();
  const add = (id: string) => {
    if (found.has(id)) return;
    found.set(id, npmPackages[id]);
    npmPackages[id].dependencies.forEach(add);
  };
  for (const { npmPackage } of modules) if (npmPackage) add(npmPackage);
  return found;
}

/** A lock file that knows of the needed packages alone, so that Deno looks for no other. */
export function prunedLock(lock: Lock, needed: ReadonlyMap<string, Package>): Lock {
  const isNeeded = ([specifier, version]: [string, string]) =>
    needed.has(`${/^npm:(@?[^@]+)@/.exec(specifier)?.[1]}@${version}`);
  const specifiers = Object.fromEntries(Object.entries(lock.specifiers).filter(isNeeded));
  return {
    version: lock.version,
    specifiers,
    npm: Object.fromEntries(Object.entries(lock.npm).filter(([id]) => needed.has(id))),
    workspace: { dependencies: Object.keys(specifiers) },
  };
}
