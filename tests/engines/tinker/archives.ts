/**
 * Archives as servers make them.
 *
 * @module
 */

import type { Adapters } from "../../../src/models/adapter_folder.ts";
import { encodeSafetensors } from "../../../src/models/safetensors.ts";
import { concatenated } from "../../../src/models/graph/protobuf.ts";
import { TAR_END, tarHeader, tarPadding } from "../../../tasks/compile/tar.ts";

/** Adapters as SkyRL's JAX backend archives them, in whose config PEFT then names no layers. */
export async function archiveOf(adapters: Adapters): Promise<Uint8Array<ArrayBuffer>> {
  return await gzipped(plainArchiveOf(adapters));
}

/** The same as its other backends do, without compression. */
export function plainArchiveOf({ shape, weights }: Adapters): Uint8Array<ArrayBuffer> {
  const config = {
    peft_type: "LORA",
    r: shape.rank,
    lora_alpha: shape.alpha,
    target_modules: null,
  };
  return tarOf({
    "adapter_config.json": JSON.stringify(config),
    "adapter_model.safetensors": encodeSafetensors(weights),
  });
}

async function gzipped(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return await new Response(stream).bytes();
}

/** A tar of files in the folder it was made in. */
export function tarOf(
  files: Readonly<Record<string, Uint8Array | string>>,
): Uint8Array<ArrayBuffer> {
  const parts = Object.entries(files).flatMap(([name, content]) => {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    const header = tarHeader({ path: `./${name}`, sizeBytes: bytes.length, isExecutable: false });
    return [header, bytes, tarPadding(bytes.length)];
  });
  return concatenated([...parts, TAR_END]);
}
