/**
 * Checkpoints that a crash at any moment leaves usable: every part is written beside its place,
 * synced and renamed, and the manifest with the parts' checksums comes last. What has no manifest
 * that verifies is not a checkpoint.
 *
 * Covered: a killed process, a lost machine, a full disk, flipped bits.
 * Not covered: two processes that save into the same folder.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { join } from "node:path";
import type { EngineState } from "../engines/engine.ts";
import { decodeSafetensors, encodeSafetensors } from "../models/safetensors.ts";

/** Version of the folder's layout and of the manifest. */
const CHECKPOINT_VERSION = 1;

/** All that a run needs to go on exactly where it was; random streams are named by seed and step. */
export interface Checkpoint {
  /** Train steps done. */
  readonly trainStep: number;
  /** Examples drawn. */
  readonly cursorPosition: number;
  /** Tokens that the policy has sampled. */
  readonly sampledTokens: number;
  /** {@linkcode configHash} of the options that must not change when the run goes on. */
  readonly configHash: string;
  readonly engineState: EngineState;
}

/** A checkpoint as found. */
export interface LoadedCheckpoint extends Checkpoint {
  readonly path: string;
  /** Newer checkpoints that were skipped, and why. */
  readonly warnings: readonly string[];
}

/** The writes of a save, so that a test can make each of them fail. */
export interface Disk {
  makeDirectory(path: string): Promise<void>;
  /** Writes and syncs a new file. */
  write(path: string, bytes: Uint8Array): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Makes the renames in a folder durable. */
  syncDirectory(path: string): Promise<void>;
  remove(path: string): Promise<void>;
}

/** How checkpoints are saved. */
export interface CheckpointSettings {
  /** How many are kept, the newest ones. */
  readonly keep?: number;
  readonly disk?: Disk;
}

interface Manifest {
  readonly version: number;
  readonly trainStep: number;
  readonly cursorPosition: number;
  /** Not in checkpoints from before there was a token budget. */
  readonly sampledTokens?: number;
  readonly configHash: string;
  readonly optimizerSteps: number;
  /** Where a server keeps the tensors; the parts are then empty. */
  readonly remote?: string;
  readonly parts: Readonly<Record<string, { readonly sha256: string; readonly sizeBytes: number }>>;
}

type Tensors = EngineState["tensors"];

/** OpenSSL's digests refuse updates of 2 GiB and more. */
const HASH_BLOCK = 2 ** 26;

const MANIFEST = "manifest.json";

/** Tensors by file: weights under a name that other programs load, each moment in its own. */
const PARTS: Readonly<Record<string, (name: string) => boolean>> = {
  "model.safetensors": (name) => !name.startsWith("adam."),
  "adam_m.safetensors": (name) => name.startsWith("adam.m."),
  "adam_v.safetensors": (name) => name.startsWith("adam.v."),
};

/**
 * Saves a checkpoint under `directory` and removes the oldest ones beyond `keep`.
 *
 * @returns The checkpoint's folder.
 * @throws {Deno.errors.AlreadyExists} If there is a complete checkpoint of the step.
 * @throws {Error} If it cannot be written; earlier checkpoints are then as they were.
 */
export async function saveCheckpoint(
  directory: string,
  checkpoint: Checkpoint,
  { keep = 3, disk = REAL_DISK }: CheckpointSettings = {},
): Promise<string> {
  const path = join(directory, folderName(checkpoint.trainStep));
  await refuseToReplace(path);
  try {
    await disk.makeDirectory(directory);
    await disk.remove(path);
    await disk.makeDirectory(path);
    await writeParts(path, checkpoint, disk);
    await disk.syncDirectory(directory);
    await removeOlder(directory, checkpoint.trainStep, keep, disk);
  } catch (error) {
    throw new Error(
      `Cannot save the checkpoint of step ${checkpoint.trainStep} as ${reasonOf(error)}: ${path}`,
      { cause: error },
    );
  }
  return path;
}

/**
 * Loads the newest checkpoint whose manifest and parts verify.
 *
 * @throws {Error} If there is none.
 * @throws {RangeError} If the newest one was written by a newer program.
 */
export async function latestCheckpoint(directory: string): Promise<LoadedCheckpoint> {
  const warnings: string[] = [];
  for (const trainStep of (await stepsIn(directory)).reverse()) {
    const path = join(directory, folderName(trainStep));
    try {
      return { ...await load(path), path, warnings };
    } catch (error) {
      if (error instanceof RangeError) throw error;
      warnings.push(`Skipped checkpoint ${path}: ${(error as Error).message}`);
    }
  }
  throw new Error(
    ["Cannot resume as no checkpoint is complete: " + directory, ...warnings].join("\n"),
  );
}

/** Whether a checkpoint was ever completed here; a run that died in its first one has none. */
export async function hasCheckpoint(directory: string): Promise<boolean> {
  for (const trainStep of await stepsIn(directory)) {
    if (await exists(join(directory, folderName(trainStep), MANIFEST))) return true;
  }
  return false;
}

/** SHA-256 of options, whatever the order of their names. */
export function configHash(options: Readonly<Record<string, unknown>>): string {
  const entries = Object.entries(options).sort(([a], [b]) => a < b ? -1 : 1);
  return sha256Of(entries);
}

async function writeParts(path: string, checkpoint: Checkpoint, disk: Disk): Promise<void> {
  const { engineState, ...progress } = checkpoint;
  const parts: Record<string, { sha256: string; sizeBytes: number }> = {};
  for (const [name, belongs] of Object.entries(PARTS)) {
    const bytes = encodeSafetensors(selected(engineState.tensors, belongs));
    await writeDurably(join(path, name), bytes, disk);
    parts[name] = { sha256: sha256(bytes), sizeBytes: bytes.length };
  }
  const { tensors: _, ...engine } = engineState;
  const manifest: Manifest = { version: CHECKPOINT_VERSION, ...progress, ...engine, parts };
  // The manifest must not reach the disk before the names of the parts do.
  await disk.syncDirectory(path);
  const sealed = { ...manifest, sha256: sha256Of(manifest) };
  const json = new TextEncoder().encode(JSON.stringify(sealed, null, 2) + "\n");
  await writeDurably(join(path, MANIFEST), json, disk);
  await disk.syncDirectory(path);
}

async function writeDurably(path: string, bytes: Uint8Array, disk: Disk): Promise<void> {
  await disk.write(`${path}.part`, bytes);
  await disk.rename(`${path}.part`, path);
}

/** A folder that is in the way is the rest of a crash, or a mistake. */
async function refuseToReplace(path: string): Promise<void> {
  const existing = await load(path).catch(() => null);
  if (existing) {
    throw new Deno.errors.AlreadyExists(
      `Cannot save the checkpoint of step ${existing.trainStep} as there is one: ${path}`,
    );
  }
}

async function removeOlder(
  directory: string,
  trainStep: number,
  keep: number,
  disk: Disk,
): Promise<void> {
  const older = (await stepsIn(directory)).filter((step) => step < trainStep);
  for (const step of older.slice(0, Math.max(0, older.length - (keep - 1)))) {
    const path = join(directory, folderName(step));
    // Without its manifest a half-removed checkpoint cannot be taken for a whole one.
    await disk.remove(join(path, MANIFEST));
    await disk.remove(path);
  }
}

async function load(path: string): Promise<Checkpoint> {
  const manifest = await readManifest(join(path, MANIFEST));
  const tensors = new Map<string, { shape: readonly number[]; data: Float32Array }>();
  for (const [name, expected] of Object.entries(manifest.parts)) {
    const bytes = await Deno.readFile(join(path, name));
    if (bytes.length !== expected.sizeBytes || sha256(bytes) !== expected.sha256) {
      throw new Error(`${name} differs from its checksum`);
    }
    for (const [tensor, value] of decodeSafetensors(bytes)) tensors.set(tensor, value);
  }
  const { optimizerSteps, remote, trainStep, cursorPosition, sampledTokens = 0, configHash } =
    manifest;
  const engineState = { tensors, optimizerSteps, ...remote !== undefined && { remote } };
  return { trainStep, cursorPosition, sampledTokens, configHash, engineState };
}

async function readManifest(path: string): Promise<Manifest> {
  const { sha256, ...manifest } = JSON.parse(await Deno.readTextFile(path));
  if (manifest.version > CHECKPOINT_VERSION) {
    throw new RangeError(
      `Cannot read a checkpoint as it is of version ${manifest.version}: ` +
        `this program reads up to ${CHECKPOINT_VERSION}: ${path}`,
    );
  }
  if (sha256 !== sha256Of(manifest)) throw new Error(`${MANIFEST} differs from its checksum`);
  return manifest;
}

/** Training steps that have a folder, whole or not, in ascending order. */
async function stepsIn(directory: string): Promise<number[]> {
  const steps: number[] = [];
  try {
    for await (const { name } of Deno.readDir(directory)) {
      const match = /^step-(\d+)$/.exec(name);
      if (match) steps.push(Number(match[1]));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return steps.sort((a, b) => a - b);
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

function folderName(trainStep: number): string {
  return `step-${String(trainStep).padStart(6, "0")}`;
}

function selected(tensors: Tensors, belongs: (name: string) => boolean): Tensors {
  return new Map([...tensors].filter(([name]) => belongs(name)));
}

function sha256(bytes: Uint8Array): string {
  const hash = createHash("sha256");
  for (let start = 0; start < bytes.length; start += HASH_BLOCK) {
    hash.update(bytes.subarray(start, start + HASH_BLOCK));
  }
  return hash.digest("hex");
}

function sha256Of(value: unknown): string {
  return sha256(new TextEncoder().encode(JSON.stringify(value)));
}

function reasonOf(error: unknown): string {
  const { code, message } = error as { code?: string; message: string };
  return code === "ENOSPC" ? "the disk is full" : message;
}

/** The file system. */
export const REAL_DISK: Disk = {
  makeDirectory: (path) => Deno.mkdir(path, { recursive: true }),
  write: writeSynced,
  rename: Deno.rename,
  syncDirectory,
  remove: (path) => Deno.remove(path, { recursive: true }).catch(unlessMissing),
};

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  using file = await Deno.open(path, { write: true, createNew: true });
  for (let start = 0; start < bytes.length;) start += await file.write(bytes.subarray(start));
  await file.sync();
}

async function syncDirectory(path: string): Promise<void> {
  // Windows opens no folders; NTFS journals renames itself.
  if (Deno.build.os === "windows") return;
  using folder = await Deno.open(path);
  await folder.sync();
}

function unlessMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
