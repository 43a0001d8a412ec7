/**
 * A copy of the checkout that is under the JSR profile: its deno.json is deno.jsr.json, so every process
 * that is started in it or by it has the packages of JSR.
 *
 * Where JSR cannot be reached, FINESTEP_JSR_COPIES names a folder with the packages: `std` (the
 * repository denoland/std), `sqlite3` (denodrivers/sqlite3) and `plug` (denosaurs/plug). And where
 * GitHub cannot, DENO_SQLITE_PATH names the library that @db/sqlite would fetch from there.
 *
 * @module
 */

import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Folders of copies: the packages of the profile, and what they import. */
const PACKAGES = [
  ...["assert", "cli", "encoding", "fmt", "fs", "internal", "path"].map((name) => `std/${name}`),
  ...["sqlite3", "plug"],
];

/** Versions that @db/sqlite asks for by full names. */
const FULL_NAMES: Readonly<Record<string, string>> = {
  "@std/path": "jsr:@std/path@1.0",
  "@denosaurs/plug": "jsr:@denosaurs/plug@1",
};

/** A temporary folder; deleted at the end of its `using` block. */
export class JsrCheckout implements AsyncDisposable {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Copies the checkout as it is now, with what is not committed. */
  static async make(): Promise<JsrCheckout> {
    await using stack = new AsyncDisposableStack();
    const folder = await Deno.makeTempDir({ prefix: "finestep-jsr-" });
    const checkout = stack.use(new JsrCheckout(folder));
    await copyCheckout(checkout.path);
    const profile = JSON.parse(readFileSync(join(ROOT, "deno.jsr.json"), "utf8"));
    const copies = Deno.env.get("FINESTEP_JSR_COPIES");
    if (copies) {
      profile.scopes = {
        [pathToFileURL(`${folder}/`).href]: copyPackages(resolve(copies), folder),
      };
    }
    writeFileSync(join(checkout.path, "deno.json"), JSON.stringify(profile, null, 2));
    stack.move();
    return checkout;
  }

  get path(): string {
    return join(this.#folder, "main");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#folder, { recursive: true });
  }
}

/** Copies what git knows or would add; the repository and data beside the checkout are linked. */
async function copyCheckout(tree: string): Promise<void> {
  const { stdout } = await new Deno.Command("git", {
    args: ["ls-files", "-z", "--cached", "--others", "--exclude-standard"],
    cwd: ROOT,
  }).output();
  for (const path of new TextDecoder().decode(stdout).split("\0").filter(Boolean)) {
    await Deno.mkdir(dirname(join(tree, path)), { recursive: true });
    await Deno.copyFile(join(ROOT, path), join(tree, path)).catch((error) => {
      // What git knows may be deleted.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }
  await Deno.symlink(join(ROOT, ".git"), join(tree, ".git"));
  await Deno.symlink(resolve(ROOT, "../shared"), resolve(tree, "../shared"));
}

/** Copies the packages, and gives the import map of all that they export. */
function copyPackages(from: string, to: string): Record<string, string> {
  const imports: Record<string, string> = {};
  for (const path of PACKAGES) {
    cpSync(join(from, path), join(to, path), { recursive: true });
    leaveUnchecked(join(to, path));
    const { name, exports } = JSON.parse(readFileSync(join(to, path, "deno.json"), "utf8"));
    const modules: Record<string, string> = Object(exports) === exports
      ? exports
      : { ".": exports };
    for (const [module, file] of Object.entries(modules)) {
      const url = pathToFileURL(join(to, path, file)).href;
      imports[name + module.slice(1)] = url;
      if (module === "." && name in FULL_NAMES) imports[FULL_NAMES[name]] = url;
    }
  }
  return imports;
}

/** Deno does not check the types of packages; those of files it does, by our rules. */
function leaveUnchecked(folder: string): void {
  for (const path of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!path.endsWith(".ts")) continue;
    const file = join(folder, path);
    writeFileSync(file, `// @ts-nocheck\n${readFileSync(file, "utf8")}`);
  }
}
