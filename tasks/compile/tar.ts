/**
 * Writes a tar archive in POSIX's ustar form, which every tar reads. The same files give the same bytes:
 * there is no time, owner or order of a folder in it.
 *
 * @module
 */

/** What the archive says of a file. */
export interface TarEntry {
  /** With slashes. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly isExecutable: boolean;
}

const BLOCK = 512;

/**
 * The header of a file; its bytes follow, then zeros up to a multiple of 512.
 *
 * @throws {RangeError} If the path is too long for the form.
 */
export function tarHeader({ path, sizeBytes, isExecutable }: TarEntry): Uint8Array<ArrayBuffer> {
  const [prefix, name] = splitPath(path);
  const header = new Uint8Array(BLOCK);
  const write = (offset: number, text: string) =>
    new TextEncoder().encodeInto(text, header.subarray(offset));
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, "0");
  write(0, name);
  write(100, octal(isExecutable ? 0o755 : 0o644, 7));
  write(108, octal(0, 7));
  write(116, octal(0, 7));
  write(124, octal(sizeBytes, 11));
  write(136, octal(0, 11));
  write(148, " ".repeat(8));
  write(156, "0");
  write(257, "ustar\0" + "00");
  write(345, prefix);
  const sum = header.reduce((total, byte) => total + byte, 0);
  write(148, `${octal(sum, 6)}\0 `);
  return header;
}

/** Zeros after a file's bytes. */
export function tarPadding(sizeBytes: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array((BLOCK - sizeBytes % BLOCK) % BLOCK);
}

/** What ends an archive. */
export const TAR_END: Uint8Array<ArrayBuffer> = new Uint8Array(2 * BLOCK);

/** A prefix of at most 155 bytes and a name of at most 100. */
function splitPath(path: string): [string, string] {
  const bytes = (text: string) => new TextEncoder().encode(text).length;
  if (bytes(path) <= 100) return ["", path];
  for (let slash = path.indexOf("/"); slash > 0; slash = path.indexOf("/", slash + 1)) {
    const parts: [string, string] = [path.slice(0, slash), path.slice(slash + 1)];
    if (bytes(parts[0]) <= 155 && bytes(parts[1]) <= 100) return parts;
  }
  throw new RangeError(`Cannot pack a file as its path must fit into a ustar header: ${path}`);
}
