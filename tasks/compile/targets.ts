/**
 * The machines that finestep is built for.
 *
 * @module
 */

/** A machine as Deno, Node's packages and `uname` name it. */
export interface Target {
  /** Deno's name. */
  readonly triple: string;
  /** Node's name of the system and the processor, as native packages use it. */
  readonly platform: "linux" | "darwin" | "win32";
  readonly arch: "x64" | "arm64";
  /** What `uname -sm` says; null where there is none. */
  readonly uname: string | null;
  /** The first bytes of an executable, in hexadecimal, up to the processor's code. */
  readonly magic: RegExp;
}

/** ELF, 64 bits, little-endian; the processor's code is at byte 18. */
const elf = (machine: string) => new RegExp(`^7f454c460201.{24}${machine}`);

/** All targets. */
export const TARGETS: readonly Target[] = [
  {
    triple: "x86_64-unknown-linux-gnu",
    ...{ platform: "linux", arch: "x64", uname: "Linux x86_64", magic: elf("3e00") },
  },
  {
    triple: "aarch64-unknown-linux-gnu",
    ...{ platform: "linux", arch: "arm64", uname: "Linux aarch64", magic: elf("b700") },
  },
  {
    triple: "aarch64-apple-darwin",
    ...{ platform: "darwin", arch: "arm64", uname: "Darwin arm64", magic: /^cffaedfe0c000001/ },
  },
  {
    triple: "x86_64-pc-windows-msvc",
    ...{ platform: "win32", arch: "x64", uname: null, magic: /^4d5a/ },
  },
];

/**
 * The target of that name.
 *
 * @throws {RangeError} If there is none.
 */
export function targetNamed(triple: string): Target {
  const target = TARGETS.find((target) => target.triple === triple);
  if (target) return target;
  throw new RangeError(
    `Cannot build for "${triple}" as the target must be one of ${
      TARGETS.map(({ triple }) => triple).join(", ")
    }`,
  );
}

/**
 * Refuses an executable that is not the target's.
 *
 * @throws {Error} If it is not there.
 * @throws {TypeError} If it is for another machine, or no executable.
 */
export async function checkExecutable(path: string, { triple, magic }: Target): Promise<void> {
  using file = await Deno.open(path);
  const head = new Uint8Array(32);
  await file.read(head);
  if (magic.test(head.toHex())) return;
  throw new TypeError(
    `Cannot build for ${triple} as the executable must be for that machine: ${path} is not`,
  );
}
