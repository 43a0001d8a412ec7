/**
 * Adapters out of a server's archive: a tar of a folder in PEFT's form, which SkyRL gzips on its JAX
 * backend and not on the others.
 *
 * @module
 */

import type { Adapters } from "../../models/adapter_folder.ts";
import type { ModelConfig } from "../../models/config.ts";
import { adapterShapes, type Lora, LORA_TARGETS } from "../../models/lora.ts";
import { decodeSafetensors } from "../../models/safetensors.ts";
import { checkNames, elementCount } from "../../models/weights.ts";
import { ADAPTER_CONFIG } from "./wire.ts";

/** Bytes beyond which an archive is not one of adapters: twice theirs in float32, and some for the rest. */
export function largestArchive(config: ModelConfig, { rank }: Pick<Lora, "rank">): number {
  const shapes = adapterShapes(config, { rank, alpha: 1, targets: LORA_TARGETS });
  const count = [...shapes.values()].map(elementCount).reduce((sum, n) => sum + n, 0);
  return 2 * 4 * count + 64e6;
}

/**
 * The adapters in an archive. Which layers they are of is told by the names of their matrices, as
 * servers leave that out of adapter_config.json.
 *
 * @throws {TypeError} If they are not adapters of this network.
 * @throws {SyntaxError} If the archive cannot be read.
 */
export async function adaptersOf(
  archive: Uint8Array<ArrayBuffer>,
  config: ModelConfig,
): Promise<Adapters> {
  const files = tarFiles(isGzip(archive) ? await gunzipped(archive) : archive);
  const weights = decodeSafetensors(fileOf(files, "adapter_model.safetensors"));
  const { rank, alpha } = configIn(fileOf(files, "adapter_config.json"));
  const names = [...weights.keys()];
  const targets = LORA_TARGETS.filter((target) =>
    names.some((name) => name.includes(`.${target}.lora_`))
  );
  const shape = { rank, alpha, targets };
  checkNames(adapterShapes(config, shape), weights);
  return { shape, weights };
}

function configIn(file: Uint8Array): Pick<Lora, "rank" | "alpha"> {
  const parsed = ADAPTER_CONFIG.safeParse(JSON.parse(new TextDecoder().decode(file)));
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0];
  throw new SyntaxError(
    `Cannot read the server's archive as adapter_config.json must be PEFT's: "${
      path.join(".")
    }": ${message}`,
  );
}

function fileOf(files: ReadonlyMap<string, Uint8Array>, name: string): Uint8Array {
  const bytes = files.get(name);
  if (bytes) return bytes;
  throw new SyntaxError(
    `Cannot read the server's archive as it must have ${name}: it has ${[...files.keys()]}`,
  );
}

/** By the first two bytes (RFC 1952); those of a tar are of a name. */
function isGzip([first, second]: Uint8Array): boolean {
  return first === 0x1f && second === 0x8b;
}

async function gunzipped(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return await new Response(stream).bytes();
}

const BLOCK = 512;

/** Files of a tar by the last part of their names (POSIX.1-1988: blocks of 512 bytes, sizes in octal). */
function tarFiles(tar: Uint8Array): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  const text = (start: number, length: number) =>
    new TextDecoder().decode(tar.subarray(start, start + length)).replace(/\0[^]*/, "");
  for (let start = 0; start + BLOCK <= tar.length && tar[start] !== 0;) {
    const size = parseInt(text(start + 124, 12), 8) || 0;
    const name = text(start, 100).split("/").at(-1)!;
    const content = start + BLOCK;
    if (name !== "") files.set(name, tar.subarray(content, content + size));
    start = content + BLOCK * Math.ceil(size / BLOCK);
  }
  return files;
}
