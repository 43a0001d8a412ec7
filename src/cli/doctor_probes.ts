/**
 * What `finestep doctor` looks at: each fact is found by doing what the program will do.
 *
 * @module
 */

import { statfs } from "node:fs/promises";
import { arch, cpus, release, type } from "node:os";
import { dirname, join, resolve } from "node:path";
import process from "node:process";
import manifest from "../../deno.json" with { type: "json" };
import { loadDataset } from "../dataset/dataset.ts";
import { ANSWER_CAPS } from "../env/options.ts";
import { estimate } from "../models/estimate.ts";
import { openModel } from "../models/model_folder.ts";
import { SqlPool } from "../sandbox/pool.ts";
import { storeHealth } from "../store/store_health.ts";
import { openStore } from "../store/run_store.ts";
import type {
  Attempt,
  BackendFacts,
  DataFacts,
  DiskFacts,
  Facts,
  ModelFacts,
  PackageFacts,
  RuntimeFacts,
  SandboxFacts,
} from "./doctor_facts.ts";
import { askServer } from "./doctor_server.ts";
import { located } from "./located.ts";
import { DENO_VERSION, FORM, sourceCommit, VERSION } from "./program.ts";

/** What is looked at. */
export interface Subjects {
  readonly data: string;
  readonly split: string;
  readonly model: string;
  readonly store: string;
  /** Empty for none. */
  readonly server: string;
}

/** The package that only tests import. */
const OF_TESTS = "fast-check";

/** Gathers all facts; what cannot be had is a fact as well. */
export async function gatherFacts(subjects: Subjects): Promise<Facts> {
  const { server } = subjects;
  return {
    runtime: await runtimeFacts(),
    // Loaded here, so that a broken native library is a fact.
    devices: await attempt(async () => (await import("../engines/device.ts")).probeDevices()),
    backends: await attempt(backendFacts),
    sandbox: await attempt(sandboxFacts),
    packages: await packageFacts(),
    data: await attempt(() => dataFacts(subjects)),
    model: await attempt(() => modelFacts(subjects.model)),
    disks: await diskFacts(subjects.store),
    store: await attempt(() => storeHealth(subjects.store)),
    ...server !== "" && { server: await askServer(server) },
  };
}

/** The value, or the message of what went wrong. */
async function attempt<T>(find: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { kind: "found", value: await find() };
  } catch (error) {
    return { kind: "failed", message: (error as Error).message };
  }
}

async function runtimeFacts(): Promise<RuntimeFacts> {
  const { total, available } = Deno.systemMemoryInfo();
  // What a container may have; 0 where nothing is said.
  const limit = process.constrainedMemory() || Infinity;
  return {
    deno: Deno.version.deno,
    testedDeno: DENO_VERSION,
    v8: Deno.version.v8,
    os: `${type()} ${release()}`,
    arch: arch(),
    cpu: cpus()[0]?.model.trim() ?? "processor unknown",
    cores: navigator.hardwareConcurrency,
    memoryBytes: Math.min(total, limit),
    availableBytes: Math.min(available, limit),
    version: VERSION,
    form: FORM,
    commit: await sourceCommit(),
  };
}

async function backendFacts(): Promise<BackendFacts[]> {
  const { probeTfjsBackends } = await import("../engines/tfjs_probe.ts");
  const probes = await probeTfjsBackends();
  return probes.map((probe) => ({ ...probe, isOurs: ["cpu", "wasm"].includes(probe.backend) }));
}

/** What of BIRD's SQL an odd SQLite may lack, each with a query and what it must give. */
const FEATURES: Readonly<Record<string, readonly [sql: string, expected: string]>> = {
  "JSON functions": [`SELECT json_extract('{"a": 7}', '$.a')`, "7"],
  "window functions": ["SELECT row_number() OVER (ORDER BY 1)", "1"],
  "mathematical functions": ["SELECT sqrt(16)", "4"],
  "dates": ["SELECT strftime('%Y', '2012-08-25')", "2012"],
};

/** Tries a worker on two stores, of which it may read one. */
async function sandboxFacts(): Promise<SandboxFacts> {
  const folder = await Deno.makeTempDir({ prefix: "finestep" });
  try {
    const [own, other] = ["own", "other"].map((name) => join(folder, name, "store.sqlite"));
    for (const path of [own, other]) {
      await Deno.mkdir(dirname(path));
      openStore(path)[Symbol.dispose]();
    }
    await using pool = new SqlPool({ roots: [dirname(own)], workers: 1 });
    using store = openStore(own);
    return {
      version: await answer(pool, own, "SELECT sqlite_version()"),
      compileOptions: store.file.statement("PRAGMA compile_options").all()
        .map((row) => String(row.compile_options)),
      lacks: await lacking(pool, own),
      escapes: await escapes(pool, own, other),
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function lacking(pool: SqlPool, path: string): Promise<string[]> {
  const lacks: string[] = [];
  for (const [feature, [sql, expected]] of Object.entries(FEATURES)) {
    const result = await pool.execute(path, sql);
    if (result.kind !== "rows" || String(result.rows[0][0]) !== expected) lacks.push(feature);
  }
  return lacks;
}

/** What SQL can do that it must not. */
async function escapes(pool: SqlPool, own: string, other: string): Promise<string[]> {
  const attempts: Readonly<Record<string, readonly [path: string, sql: string]>> = {
    "write": [own, "DELETE FROM runs"],
    "make a table": [own, "CREATE TABLE escaped (x)"],
    "read another file": [other, "SELECT count(*) FROM runs"],
    "attach another file": [own, `ATTACH '${other.replaceAll("'", "''")}' AS other`],
  };
  const done: string[] = [];
  for (const [what, [path, sql]] of Object.entries(attempts)) {
    if ((await pool.execute(path, sql)).kind === "rows") done.push(what);
  }
  return done;
}

/** @throws {Error} If the worker gives no rows. */
async function answer(pool: SqlPool, path: string, sql: string): Promise<string> {
  const result = await pool.execute(path, sql);
  if (result.kind === "rows") return String(result.rows[0][0]);
  throw new Error(`a SQL worker did not answer ${sql}: ${result.message}`);
}

async function packageFacts(): Promise<PackageFacts[]> {
  const names = Object.entries(manifest.imports)
    .filter(([name, target]) => /^(npm|jsr):/.test(target) && name !== OF_TESTS)
    .map(([name]) => name);
  return await Promise.all(
    names.map(async (name) => ({
      name,
      problem: await import(name).then(() => null, (error) => (error as Error).message),
    })),
  );
}

async function dataFacts({ data, split }: Subjects): Promise<DataFacts> {
  const folder = located(data);
  await using pool = new SqlPool({ roots: [folder], ...ANSWER_CAPS });
  const dataset = await loadDataset(folder, { split: split || undefined, pool });
  return {
    path: data,
    name: dataset.name,
    split: dataset.split,
    questions: dataset.examples.length,
    databases: dataset.databases.length,
    warnings: dataset.warnings,
  };
}

async function modelFacts(path: string): Promise<ModelFacts> {
  const { config } = await openModel(located(path));
  const { bytes } = estimate(config, { slots: 1, contextTokens: 1, training: null });
  return {
    path,
    family: config.family,
    parameters: bytes.weights / Float32Array.BYTES_PER_ELEMENT,
    bytes: bytes.weights + bytes.generation,
  };
}

/** The places of the store and of temporary files. */
async function diskFacts(store: string): Promise<DiskFacts[]> {
  const probe = await Deno.makeTempDir({ prefix: "finestep" }).catch(() => null);
  if (probe !== null) await Deno.remove(probe);
  return [
    await diskOf("store", await existing(dirname(resolve(store)))),
    ...probe ? [await diskOf("temporary files", dirname(probe))] : [NO_TEMPORARY],
  ];
}

const NO_TEMPORARY: DiskFacts = {
  what: "temporary files",
  path: "the folder that TMPDIR names",
  freeBytes: 0,
  problem: "no temporary folder can be made",
};

/** The folder, or the nearest one around it: what is missing is made there. */
async function existing(folder: string): Promise<string> {
  const isThere = await Deno.stat(folder).then(({ isDirectory }) => isDirectory, () => false);
  return isThere || dirname(folder) === folder ? folder : await existing(dirname(folder));
}

async function diskOf(what: string, path: string): Promise<DiskFacts> {
  try {
    const { bavail, bsize } = await statfs(path);
    const file = await Deno.makeTempFile({ dir: path, prefix: ".finestep" });
    await Deno.remove(file);
    return { what, path, freeBytes: bavail * bsize, problem: null };
  } catch (error) {
    return { what, path, freeBytes: 0, problem: (error as Error).message };
  }
}
