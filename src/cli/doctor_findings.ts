/**
 * What `finestep doctor` makes of what it was told: for each check what was found, whether that is a
 * problem, and what to do.
 *
 * A problem keeps a command that was asked for, or any run with the defaults, from working; a warning
 * is what works but is slower, untested or about to end.
 *
 * @module
 */

import type { StoreHealth } from "../store/store_health.ts";
import type {
  Attempt,
  BackendFacts,
  DataFacts,
  DeviceFacts,
  DiskFacts,
  Facts,
  ModelFacts,
  PackageFacts,
  RuntimeFacts,
  SandboxFacts,
  ServerFacts,
} from "./doctor_facts.ts";

/** How a check came out. */
export type State = "ok" | "warning" | "problem";

/** A line of the report. */
export interface Finding {
  readonly check: string;
  readonly found: string;
  readonly state: State;
  /** What to do; empty where nothing is to be done. */
  readonly advice: string;
}

/** Below it, a run's checkpoints and store may not find room: 3 checkpoints of the fixture policy take 43 MB. */
const LITTLE_DISK = 2 ** 30;
const NO_DISK = 2 ** 26;

/**
 * Every finding, in the order of the report.
 *
 * @example The worst state decides the exit code
 * ```ts
 * import assert from "node:assert/strict";
 * import { hasProblem } from "./doctor_findings.ts";
 *
 * const finding = { check: "Deno", found: "2.9.6", state: "ok", advice: "" } as const;
 * assert(!hasProblem([finding]));
 * assert(hasProblem([finding, { ...finding, state: "problem" }]));
 * ```
 */
export function findingsOf(facts: Facts): Finding[] {
  return [
    ...runtimeFindings(facts.runtime),
    ...attempted("ONNX Runtime", facts.devices, REINSTALL, deviceFindings),
    ...attempted("TensorFlow.js", facts.backends, REINSTALL, backendFindings),
    ...attempted("SQL worker", facts.sandbox, NO_WORKER, sandboxFindings),
    packagesFinding(facts.packages),
    ...attempted("data", facts.data, "name a data set with --data (docs/data.md)", dataFindings),
    ...attempted(
      "model",
      facts.model,
      "name a model with --model (docs/models.md)",
      modelFindings(
        facts.runtime.availableBytes,
      ),
    ),
    ...facts.disks.map(diskFinding),
    ...attempted("store", facts.store, OTHER_STORE, storeFindings),
    ...facts.server ? [serverFinding(facts.server)] : [],
  ];
}

/** Whether anything found is a problem. */
export function hasProblem(findings: readonly Finding[]): boolean {
  return findings.some(({ state }) => state === "problem");
}

const REINSTALL = "load the packages anew: deno install --reload, or unpack the program again";
const NO_WORKER = "evaluations need child processes: allow this program to run itself";
const OTHER_STORE = "name another file with --store, or use the program that wrote this one";

function attempted<T>(
  check: string,
  attempt: Attempt<T>,
  advice: string,
  findings: (value: T) => Finding[],
): Finding[] {
  if (attempt.kind === "found") return findings(attempt.value);
  return [{ check, found: attempt.message, state: "problem", advice }];
}

function runtimeFindings(facts: RuntimeFacts): Finding[] {
  const { os, arch, cpu, cores, memoryBytes, availableBytes, version, form, commit } = facts;
  const machine = `${cpu}, ${counted(cores, "core")}, ${sized(memoryBytes)} of memory`;
  return [
    fine("finestep", `${version}, ${form}, ${commit ?? "commit unknown"}`),
    denoFinding(facts),
    fine("machine", `${os} ${arch}, ${machine}, ${sized(availableBytes)} available`),
  ];
}

function denoFinding({ deno, testedDeno, v8 }: RuntimeFacts): Finding {
  const found = `${deno} (V8 ${v8})`;
  if (deno === testedDeno) return fine("Deno", `${found}, the one finestep is tested with`);
  const isOtherMajor = deno.split(".")[0] !== testedDeno.split(".")[0];
  return {
    check: "Deno",
    found: `${found}; finestep is tested with ${testedDeno}`,
    state: isOtherMajor ? "problem" : "warning",
    advice: `run it by npx -y deno@${testedDeno}, or install that version`,
  };
}

function deviceFindings(devices: readonly DeviceFacts[]): Finding[] {
  return devices.map(({ kind, name, isThere, isSoftware, problem }) => {
    const check = `ONNX Runtime, ${kind}`;
    if (problem === null) return fine(check, `${name} computes`);
    if (kind === "cpu") return { check, found: problem, state: "problem", advice: REINSTALL };
    // A machine without a graphics card lacks nothing.
    if (!isThere) return fine(check, "no such device here");
    if (isSoftware) return fine(check, `${name} is played by the processor, and not used`);
    const advice = "the processor is used instead (docs/engines.md, Devices)";
    return { check, found: `${name}: ${problem}`, state: "warning", advice };
  });
}

function backendFindings(backends: readonly BackendFacts[]): Finding[] {
  const working = backends.filter(({ problem }) => problem === null).map(({ backend }) => backend);
  const check = "TensorFlow.js";
  const broken = backends.filter(({ problem, isOurs }) => problem !== null && isOurs);
  return [
    fine(check, `computes on ${working.join(", ") || "nothing"}`),
    ...broken.map(({ backend, problem }): Finding => ({
      check: `${check}, ${backend}`,
      found: problem!,
      state: "warning",
      advice: `--engine tfjs --tfjs-backend ${backend} cannot be used (docs/tfjs.md)`,
    })),
  ];
}

function sandboxFindings({ version, compileOptions, lacks, escapes }: SandboxFacts): Finding[] {
  const features = ["ENABLE_FTS5", "ENABLE_RTREE", "THREADSAFE=1", "OMIT_LOAD_EXTENSION"]
    .filter((option) => compileOptions.includes(option));
  const check = "SQLite";
  return [
    lacks.length === 0
      ? fine(check, `${version} (${features.join(", ") || "no extras"}), answers a SQL worker`)
      : {
        check,
        found: `${version} gives no right answer for ${lacks.join(", ")}`,
        state: "problem",
        advice: "use the SQLite that comes with Deno; gold SQL needs these functions",
      },
    escapes.length === 0
      ? fine("SQL worker", "confined: cannot write, read or attach other files")
      : {
        check: "SQL worker",
        found: `not confined: SQL could ${escapes.join(", ")}`,
        state: "problem",
        advice: "do not run SQL of others here (docs/sandbox.md)",
      },
  ];
}

function packagesFinding(packages: readonly PackageFacts[]): Finding {
  const broken = packages.filter(({ problem }) => problem !== null);
  if (broken.length === 0) return fine("packages", `all ${packages.length} load`);
  return {
    check: "packages",
    found: broken.map(({ name, problem }) => `${name}: ${problem}`).join("; "),
    state: "problem",
    advice: REINSTALL,
  };
}

function dataFindings({ path, name, split, questions, databases, warnings }: DataFacts): Finding[] {
  const counts = `${counted(questions, "question")}, ${counted(databases, "database")}`;
  const found = `${path}: ${name} ${split}, ${counts}`;
  if (questions === 0) {
    return [{
      check: "data",
      found,
      state: "problem",
      advice: "choose another folder with --data",
    }];
  }
  if (warnings.length === 0) return [fine("data", found)];
  const advice = "see docs/data.md; finestep data check looks at each gold SQL";
  return [{ check: "data", found: `${found}; ${warnings.join("; ")}`, state: "warning", advice }];
}

function modelFindings(availableBytes: number): (facts: ModelFacts) => Finding[] {
  return ({ path, family, parameters, bytes }) => {
    const size = `${(parameters / 1e6).toFixed(1)} M parameters`;
    const found = `${path}: ${family}, ${size}, at least ${sized(bytes)} in use`;
    if (bytes <= availableBytes) return [fine("model", found)];
    const rest = `only ${sized(availableBytes)} are available`;
    const advice = "use a smaller model or another machine (docs/models.md)";
    return [{ check: "model", found: `${found}; ${rest}`, state: "problem", advice }];
  };
}

function diskFinding({ what, path, freeBytes, problem }: DiskFacts): Finding {
  const check = `disk, ${what}`;
  if (problem !== null) {
    return { check, found: problem, state: "problem", advice: `make ${path} writable` };
  }
  const found = `${sized(freeBytes)} free at ${path}, writable`;
  if (freeBytes >= LITTLE_DISK) return fine(check, found);
  const state = freeBytes < NO_DISK ? "problem" : "warning";
  return { check, found, state, advice: "make room: a full disk ends a run" };
}

function storeFindings(store: StoreHealth | null): Finding[] {
  if (store === null) return [fine("store", "none yet; the first run makes it")];
  const { sizeBytes, schema, isOlder, runs, damage } = store;
  const found = `schema ${schema}, ${counted(runs, "run")}, ${sized(sizeBytes)}`;
  if (damage.length > 0) {
    const advice = "save what can be read (finestep export), then begin a new store";
    return [{ check: "store", found: `damaged: ${damage.join("; ")}`, state: "problem", advice }];
  }
  const age = isOlder ? ", older: the next command that stores brings it up to date" : "";
  return [fine("store", `${found}, sound${age}`)];
}

function serverFinding({ url, speaks, answers }: ServerFacts): Finding {
  const check = "server";
  if (speaks.length > 0) return fine(check, `${url} speaks ${speaks.join(", ")}`);
  const found = `${url}: ${answers.join(", ")}`;
  return {
    check,
    found,
    state: "problem",
    advice: "see that it runs, and that the URL is its own",
  };
}

function fine(check: string, found: string): Finding {
  return { check, found, state: "ok", advice: "" };
}

function counted(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? "" : "s"}`;
}

function sized(bytes: number): string {
  return bytes >= 2 ** 30
    ? `${(bytes / 2 ** 30).toFixed(1)} GiB`
    : `${Math.ceil(bytes / 2 ** 20)} MiB`;
}
