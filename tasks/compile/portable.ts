/**
 * The portable form: a shell script with Deno, the program and its packages behind it, packed by tar and
 * gzip, which a bare Linux or macOS has.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { createGzip } from "node:zlib";
import { Readable } from "node:stream";
import { DENO_VERSION, VERSION } from "../../src/cli/program.ts";
import { BOUNDED } from "../../src/sandbox/own_process.ts";
import type { ProgramFile } from "./program_files.ts";
import { TAR_END, tarHeader, tarPadding } from "./tar.ts";
import type { Target } from "./targets.ts";

/** How a portable file is made. */
export interface PortableOptions {
  readonly target: Target;
  /** Deno's executable for the target. */
  readonly deno: string;
  /** Of gzip, 1 to 9. */
  readonly level: number;
}

/** What the script says of the archive behind it. */
interface Archive {
  /** With the script. */
  readonly sizeBytes: number;
  readonly unpackedBytes: number;
  readonly sha256: string;
}

/** Holds the script's numbers; the rest is spaces. */
const HEAD_BYTES = 8192;

/**
 * Writes a portable file.
 *
 * @throws {RangeError} If the target has no shell.
 */
export async function writePortable(
  path: string,
  files: readonly ProgramFile[],
  { target, deno, level }: PortableOptions,
): Promise<void> {
  checkShell(target);
  const all: ProgramFile[] = [
    { path: "deno", source: await Deno.realPath(deno) },
    ...files,
  ];
  const hash = createHash("sha256");
  let sizeBytes = HEAD_BYTES;
  let unpackedBytes = 0;
  using out = await Deno.open(path, { write: true, create: true, truncate: true, mode: 0o755 });
  await out.seek(HEAD_BYTES, Deno.SeekMode.Start);
  const archive = (async function* () {
    for (const file of all) {
      const bytes = await bytesOf(file);
      unpackedBytes += bytes.length;
      const isExecutable = file.path === "deno";
      yield tarHeader({ path: file.path, sizeBytes: bytes.length, isExecutable });
      yield bytes;
      yield tarPadding(bytes.length);
    }
    yield TAR_END;
  })();
  for await (const part of Readable.from(archive).pipe(createGzip({ level }))) {
    hash.update(part);
    sizeBytes += part.length;
    await writeAll(out, part);
  }
  const head = headText(target, { sizeBytes, unpackedBytes, sha256: hash.digest("hex") });
  await out.seek(0, Deno.SeekMode.Start);
  await writeAll(out, head);
  // An older file may have been there with other rights.
  if (Deno.build.os !== "windows") await Deno.chmod(path, 0o755);
}

/**
 * Refuses a target on which no script can start.
 *
 * @throws {RangeError} If the target is such a one.
 */
export function checkShell({ triple, uname }: Target): void {
  if (uname !== null) return;
  throw new RangeError(
    `Cannot make a portable file for ${triple} as it begins as a shell script: that system has no ` +
      `shell for it; build without --portable`,
  );
}

/** The script with its numbers, filled up to the place where the archive begins. */
function headText(
  { triple, platform, uname }: Target,
  { sizeBytes, unpackedBytes, sha256 }: Archive,
): Uint8Array {
  const values: Readonly<Record<string, string | number>> = {
    VERSION,
    DENO: DENO_VERSION,
    TARGET: triple,
    UNAME: uname!,
    CACHE: platform === "darwin" ? "Library/Caches" : ".cache",
    NAME: `${VERSION}-${sha256.slice(0, 16)}`,
    SHA256: sha256,
    SIZE: sizeBytes,
    BYTES: sizeBytes - HEAD_BYTES,
    // tail counts from one.
    OFFSET: HEAD_BYTES + 1,
    UNPACKED: Math.ceil(unpackedBytes / 1e6),
    BOUNDED: BOUNDED.join(" "),
  };
  const script = Deno.readTextFileSync(new URL("portable_head.sh", import.meta.url))
    .replaceAll(/@([A-Z0-9]+)@/g, (_, name) => String(values[name]));
  const head = new Uint8Array(HEAD_BYTES).fill("\n".charCodeAt(0));
  const { read } = new TextEncoder().encodeInto(script, head);
  if (read < script.length) {
    throw new RangeError(
      `Cannot make a portable file as its script must fit into ${HEAD_BYTES} bytes: it has ${script.length}`,
    );
  }
  return head;
}

async function bytesOf({ source }: ProgramFile): Promise<Uint8Array> {
  return typeof source === "string" ? await Deno.readFile(source) : source;
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let offset = 0; offset < bytes.length;) offset += await file.write(bytes.subarray(offset));
}
