/**
 * Archives as servers make them.
 *
 * @module
 */

import type { Adapters } from "../../../src/models/adapter_folder.ts";
import { encodeSafetensors } from "../../../src/models/safetensors.ts";
import { TAR_END, tarHeader, tarPadding } from "../../../tasks/compile/tar.ts";

/** Adapters as SkyRL archives them, in whose config PEFT then names no layers. */
export async function archiveOf({ shape, weights }: Adapters): Promise<Uint8Array<ArrayBuffer>> {
  const config = {
    peft_type: "LORA",
    r: shape.rank,
    lora_alpha: shape.alpha,
    target_modules: null,
  };
  return await packed({
    "adapter_config.json": JSON.stringify(config),
    "adapter_model.safetensors": encodeSafetensors(weights),
  });
}

/** A gzipped tar of files in the folder it was made in. */
export async function packed(
  files: Readonly<Record<string, Uint8Array | string>>,
): Promise<Uint8Array<ArrayBuffer>> {
  const parts = Object.entries(files).flatMap(([name, content]) => {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    const header = tarHeader({ path: `./${name}`, sizeBytes: bytes.length, isExecutable: false });
    return [header, bytes, tarPadding(bytes.length)];
  });
  const tar = new Blob([...parts, TAR_END] as BlobPart[]).stream();
  return await new Response(tar.pipeThrough(new CompressionStream("gzip"))).bytes();
}
