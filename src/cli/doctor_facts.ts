/**
 * What is known of a machine and of what a user named, before anybody says whether that is a problem.
 *
 * @module
 */

import type { StoreHealth } from "../store/store_health.ts";

/** A value that was looked for, or why it could not be had. */
export type Attempt<T> =
  | { readonly kind: "found"; readonly value: T }
  | { readonly kind: "failed"; readonly message: string };

/** The program and what runs it. */
export interface RuntimeFacts {
  readonly deno: string;
  /** The Deno that finestep is tested with. */
  readonly testedDeno: string;
  readonly v8: string;
  readonly os: string;
  readonly arch: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly availableBytes: number;
  readonly version: string;
  readonly form: string;
  readonly commit: string | null;
}

/** A device of ONNX Runtime, as `probeDevices()` found it. */
export interface DeviceFacts {
  readonly kind: string;
  readonly name: string;
  readonly isThere: boolean;
  readonly isSoftware: boolean;
  readonly problem: string | null;
}

/** A backend of TensorFlow.js. */
export interface BackendFacts {
  readonly backend: string;
  readonly problem: string | null;
  /** Whether it comes with finestep; others need an installed addon. */
  readonly isOurs: boolean;
}

/** What the SQL worker did when it was tried. */
export interface SandboxFacts {
  readonly version: string;
  /** SQLite's compile options, as `PRAGMA compile_options` lists them. */
  readonly compileOptions: readonly string[];
  /** What of BIRD's SQL a query did not give rightly: JSON, window functions, mathematics. */
  readonly lacks: readonly string[];
  /** What SQL was able to do that it must not: write, read other files, attach them. */
  readonly escapes: readonly string[];
}

/** A package, and why it cannot be imported. */
export interface PackageFacts {
  readonly name: string;
  readonly problem: string | null;
}

/** A data set that was loaded. */
export interface DataFacts {
  readonly path: string;
  readonly name: string;
  readonly split: string;
  readonly questions: number;
  readonly databases: number;
  readonly warnings: readonly string[];
}

/** A model whose files were read, but for the weights. */
export interface ModelFacts {
  readonly path: string;
  readonly family: string;
  readonly parameters: number;
  /** Memory that evaluating with it takes at least, in bytes. */
  readonly bytes: number;
}

/** A place that finestep writes to. */
export interface DiskFacts {
  readonly what: string;
  readonly path: string;
  readonly freeBytes: number;
  /** Why a file could not be written there; null where one was. */
  readonly problem: string | null;
}

/** What a server answered. */
export interface ServerFacts {
  readonly url: string;
  /** The protocols it was recognized by; none for an unknown one. */
  readonly speaks: readonly string[];
  /** What the paths that were asked gave: `/health: 404`. */
  readonly answers: readonly string[];
}

/** Everything that the doctor looks at. */
export interface Facts {
  readonly runtime: RuntimeFacts;
  readonly devices: Attempt<readonly DeviceFacts[]>;
  readonly backends: Attempt<readonly BackendFacts[]>;
  readonly sandbox: Attempt<SandboxFacts>;
  readonly packages: readonly PackageFacts[];
  readonly data: Attempt<DataFacts>;
  readonly model: Attempt<ModelFacts>;
  readonly disks: readonly DiskFacts[];
  /** Null where there is none yet. */
  readonly store: Attempt<StoreHealth | null>;
  /** Absent where none was named. */
  readonly server?: ServerFacts;
}
