/**
 * Reads what `deno compile` put into an executable: the section that Deno's runtime base looks for
 * (cli/lib/standalone/binary.rs of Deno 2.9), as far as the list of files.
 *
 * @module
 */

/** What the program is started with, and the files that it has. */
export interface Embedded {
  readonly metadata: {
    readonly entrypoint_key: string;
    readonly self_extracting: string;
    readonly permissions: Readonly<Record<string, readonly string[] | boolean | null>>;
    readonly unstable_config: { readonly features: readonly string[] };
  };
  /** With slashes, from the folder that they are unpacked into. */
  readonly paths: ReadonlySet<string>;
}

type Entry =
  | { readonly Dir: { readonly n: string; readonly e: readonly Entry[] } }
  | { readonly File: { readonly n: string } };

/** The folder of npm packages in there. */
export const EMBEDDED_PACKAGES = ".deno_compile_node_modules/localhost";

const MAGIC = "d3n0l4nd";

/** @throws {Error} If there is no such section. */
export function embedded(executable: Uint8Array<ArrayBuffer>): Embedded {
  let offset = sectionOf(executable);
  const view = new DataView(executable.buffer, executable.byteOffset);
  const part = () => {
    const length = Number(view.getBigUint64(offset, true));
    offset += 8 + length;
    return executable.subarray(offset - length, offset);
  };
  const json = () => JSON.parse(new TextDecoder().decode(part()));
  const metadata = json();
  part(); // npm packages by name
  // Remote modules, of which there are none: specifiers, redirects, modules.
  for (let i = 0; i < 3; i++) {
    if (view.getUint32(offset, true) !== 0) throw new Error("a module is remote");
    offset += 4;
  }
  return { metadata, paths: new Set(pathsOf(json())) };
}

/** Where the section goes on behind its mark: the mark alone is in Deno's code as well. */
function sectionOf(executable: Uint8Array): number {
  const text = new TextDecoder("latin1").decode(executable);
  for (let at = text.indexOf(MAGIC); at >= 0; at = text.indexOf(MAGIC, at + 1)) {
    const offset = at + MAGIC.length;
    if (text.startsWith('{"argv":', offset + 8)) return offset;
  }
  throw new Error("no section of deno compile");
}

function pathsOf(entries: readonly Entry[]): string[] {
  return entries.flatMap((entry) =>
    "Dir" in entry
      ? pathsOf(entry.Dir.e).map((path) => `${entry.Dir.n}/${path}`)
      : "File" in entry
      ? [entry.File.n]
      : []
  );
}
