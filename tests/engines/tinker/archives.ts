/**
 * Archives as servers make them.
 *
 * @module
 */

import type { Adapters } from "../../../src/models/adapter_folder.ts";
import { encodeSafetensors } from "../../../src/models/safetensors.ts";

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
    const header = new Uint8Array(512);
    header.set(new TextEncoder().encode(`./${name}`));
    header.set(new TextEncoder().encode(bytes.length.toString(8).padStart(11, "0")), 124);
    return [header, bytes, new Uint8Array((512 - bytes.length % 512) % 512)];
  });
  const tar = new Blob([...parts, new Uint8Array(1024)] as BlobPart[]).stream();
  return await new Response(tar.pipeThrough(new CompressionStream("gzip"))).bytes();
}
