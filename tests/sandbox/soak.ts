/**
 * Many statements through one pool, failures of all kinds and killed workers among them, and what is
 * left of it afterwards. Linux only, and in a process of its own, whose descriptors are counted.
 *
 * @module
 */

import { SqlPool } from "../../src/sandbox/pool.ts";
import type { SqlResult } from "../../src/sandbox/result_set.ts";
import { workersOf } from "./processes.ts";

/** What a soak came to. */
export interface SoakRecord {
  /** Statements by how they ended. */
  readonly endings: Readonly<Record<string, number>>;
  /** Statements that ended otherwise than they should. */
  readonly surprises: readonly string[];
  readonly kills: number;
  /** Worker processes, open descriptors and files of SQLite that were not there before. */
  readonly left: {
    readonly processes: number;
    readonly descriptors: number;
    readonly files: number;
  };
  /** How much more memory this process held at the end than after a tenth of the statements, in MiB. */
  readonly grownMiB: number;
  readonly seconds: number;
}

const NUMBERS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n)";

/** Statements at a time; among them one that times out, while one worker is killed. */
const WAVE = 500;

interface Trial {
  readonly sql: string;
  readonly ending: SqlResult["kind"] | "cut";
  readonly timeoutMs: number;
}

/** Runs `count` statements on a database with the table `singer`. */
export async function soak(path: string, count: number): Promise<SoakRecord> {
  // What Deno opens once and keeps is no leak: its code cache, and two descriptors for signals, which a
  // child that ends unseen needs as well.
  Deno.addSignalListener("SIGCHLD", ignoreSignal);
  Deno.removeSignalListener("SIGCHLD", ignoreSignal);
  await runWaves(path, WAVE);
  const before = traces(path);
  const start = performance.now();
  const run = await runWaves(path, count);
  const after = traces(path);
  return {
    ...run,
    left: {
      processes: after.processes - before.processes,
      descriptors: after.descriptors - before.descriptors,
      files: after.files - before.files,
    },
    seconds: (performance.now() - start) / 1000,
  };
}

function ignoreSignal(): void {}

async function runWaves(path: string, count: number) {
  const endings: Record<string, number> = {};
  const surprises: string[] = [];
  let kills = 0;
  let earlyBytes = 0;
  await using pool = new SqlPool({ roots: [path], workers: 2, maxRows: 100 });
  for (let first = 0; first < count; first += WAVE) {
    const trials = Array.from({ length: Math.min(WAVE, count - first) }, (_, i) => trial(i));
    const running = trials.map(async ({ sql, ending, timeoutMs }) => {
      const result = await pool.execute(path, sql, { timeoutMs });
      const seen = result.kind === "rows" && result.truncated ? "cut" : result.kind;
      endings[seen] = (endings[seen] ?? 0) + 1;
      if (seen !== ending) surprises.push(`${sql}: ${seen}`);
    });
    await running[WAVE / 10];
    const worker = workersOf(path).at(0);
    if (worker !== undefined) {
      Deno.kill(Number(worker), "SIGKILL");
      kills++;
    }
    await Promise.all(running);
    if (first <= count / 10) earlyBytes = Deno.memoryUsage().rss;
  }
  const grownMiB = (Deno.memoryUsage().rss - earlyBytes) / 2 ** 20;
  return { endings, surprises, kills, grownMiB };
}

function trial(i: number): Trial {
  const timeoutMs = 30_000;
  if (i === WAVE / 2) {
    return { sql: `${NUMBERS} SELECT max(x) FROM n`, ending: "timeout", timeoutMs: 20 };
  }
  if (i % 20 === 1) return { sql: "SELECT nope FROM singer", ending: "error", timeoutMs };
  if (i % 20 === 2) return { sql: "DELETE FROM singer", ending: "refused", timeoutMs };
  if (i % 20 === 3) return { sql: "SELECT zeroblob(1e9)", ending: "too_large", timeoutMs };
  if (i % 20 === 4) return { sql: `${NUMBERS} SELECT x FROM n`, ending: "cut", timeoutMs };
  if (i % 20 === 5) return { sql: "SELECT abs(-9223372036854775808)", ending: "error", timeoutMs };
  return { sql: `SELECT ${i}, date('now'), name FROM singer`, ending: "rows", timeoutMs };
}

function traces(path: string) {
  const folders = [path.slice(0, path.lastIndexOf("/")), "/tmp", "/var/tmp"];
  const names = folders.flatMap((folder) => [...Deno.readDirSync(folder)].map(({ name }) => name));
  return {
    processes: workersOf(path).length,
    descriptors: [...Deno.readDirSync("/proc/self/fd")].length,
    // SQLite's temporary files, and those beside a database.
    files: names.filter((name) => /^etilqs_|-(?:journal|wal|shm)$/.test(name)).length,
  };
}
