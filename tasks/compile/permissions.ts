/**
 * What the program may do when it runs as one file (docs/binary.md gives the reasons).
 *
 * @module
 */

/** What Deno tells of the machine: its processors, memory, system and free space. */
const SYSTEM = ["cpus", "systemMemoryInfo", "osRelease", "statfs"];

/**
 * The permissions as `deno.json` has them, so that every start of the program is granted the same.
 *
 * @param libraries Folders of native libraries, relative to that file; true for all.
 */
export function permissions(libraries: true | readonly string[]) {
  return {
    ...{ read: true, write: true, env: true, run: true, net: true },
    ...{ import: { deny: true }, sys: SYSTEM, ffi: libraries },
  };
}
