/**
 * What the program may do when it runs as one file (docs/binary.md gives the reasons).
 *
 * @module
 */

/** What Deno tells of the machine: its processors, memory, system and free space. */
const SYSTEM = ["cpus", "systemMemoryInfo", "osRelease", "statfs"];

/**
 * Flags of Deno, all but those for native libraries: the portable file can name the folder of its own,
 * as Deno knows only of absolute ones.
 */
export const PERMISSIONS: readonly string[] = [
  "--allow-read",
  "--allow-write",
  "--allow-env",
  "--allow-run",
  "--allow-net",
  "--deny-import",
  `--allow-sys=${SYSTEM}`,
];
