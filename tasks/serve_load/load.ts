/**
 * A server under load: good clients, while slow, broken and hostile ones and a flood are at it, in rounds.
 * What is left after each round shows what leaks.
 *
 * @module
 */

import { readLine } from "../../src/audit/read_line.ts";
import { readQuestions } from "../../src/dataset/dataset.ts";
import { Served } from "../../tests/server/served.ts";
import { flood, type Misdeed, MISDEEDS } from "./bad_clients.ts";
import {
  emptyRecord,
  type GoodRecord,
  HTTP,
  orsClient,
  type Question,
  socketClient,
  type Target,
} from "./good_clients.ts";
import { isAlive, type ProcessState, processState } from "./process_state.ts";

/** How much there is of what. */
export interface LoadOptions {
  /** Good clients at a time; every fourth uses the Open Reward Standard. */
  readonly clients: number;
  /** Episodes of each of them in one phase, one after the other. */
  readonly episodes: number;
  /** Rounds: all misdeeds, then a flood. */
  readonly rounds: number;
  /** Processes that run SQL. */
  readonly workers: number;
  /** Times that each misdeed is done in a round. */
  readonly copies: number;
  /** Whether misdeeds that take long are done as well. */
  readonly long: boolean;
  /** Sessions beyond the good clients' that there is room for. */
  readonly spare: number;
  /** Seconds after which the server ends idle sessions. */
  readonly idleSeconds: number;
}

/** How often a misdeed was answered as it should be. */
export interface MisdeedRecord {
  readonly kind: Misdeed["kind"] | "flood";
  readonly name: string;
  readonly times: number;
  /** What was seen instead. */
  readonly surprises: readonly string[];
}

/** What the server holds, with what it says of itself. */
export interface Held extends ProcessState {
  /** Of the JavaScript heap, what is in use: garbage that was not collected yet included. */
  readonly heapMiB: number;
  readonly sessions: number;
  readonly groups: number;
}

/** The file that the server kept episodes in. */
export interface Kept {
  readonly lines: number;
  /** Lines that cannot be read. */
  readonly torn: number;
  /** Episodes that ended, of those that good clients ended. */
  readonly ended: number;
  readonly wanted: number;
  readonly mebibytes: number;
}

/** All that was measured. */
export interface LoadRecord {
  readonly capacity: number;
  readonly workers: number;
  readonly kept: Kept;
  readonly good: GoodRecord;
  /** Seconds in which good clients were at work. */
  readonly seconds: number;
  readonly misdeeds: readonly MisdeedRecord[];
  /** Before, and after each round. */
  readonly held: readonly Held[];
  readonly peak: { readonly residentMiB: number; readonly openFiles: number };
  /** As the server counts them. */
  readonly counts: Readonly<Record<string, number>>;
  readonly exitCode: number;
  /** Processes that were left when it had ended. */
  readonly leftProcesses: number;
  /** What the server wrote to stderr. */
  readonly stderr: string;
}

/** Runs a server under load. */
export async function load(options: LoadOptions): Promise<LoadRecord> {
  const token = crypto.randomUUID();
  Deno.env.set(TOKEN_VARIABLE, token);
  const capacity = options.clients + options.spare;
  const limits = ["--max-sessions", `${capacity}`, "--idle-seconds", `${options.idleSeconds}`];
  const access = ["--token-env", TOKEN_VARIABLE, "--workers", `${options.workers}`];
  const path = await Deno.makeTempFile({ suffix: ".jsonl" });
  await using served = await Served.start(
    ...["--splits", "train", "--trajectories", path, ...limits, ...access],
  );
  const target = { url: served.url, token };
  const questions = await trainQuestions();
  const peak = new Peak(served.pid);
  const good = emptyRecord();
  const misdeeds: MisdeedRecord[] = [];
  let seconds = 0;
  const work = async (from: number) => {
    const began = performance.now();
    await goodClients(target, questions.slice(from), options, good);
    seconds += (performance.now() - began) / 1000;
  };
  // What is made once, on first use, is no leak.
  const first = emptyRecord();
  await goodClients(target, questions, { clients: 8, episodes: 1 }, first);
  await doMisdeeds(target, { copies: 1, long: false });
  const held = [await emptied(served, target, options)];
  for (let round = 0; round < options.rounds; round++) {
    const [, done] = await Promise.all([work(0), doMisdeeds(target, options)]);
    const [, flooded] = await Promise.all([work(1), floodOnce(target, options, capacity)]);
    misdeeds.push(...done, flooded);
    held.push(await emptied(served, target, options));
  }
  const { sessions: counts } = await serverStatus(target);
  const { children } = processState(served.pid);
  const { residentMiB, openFiles } = peak.stop();
  const { code, stderr } = await served.stopped();
  Deno.env.delete(TOKEN_VARIABLE);
  const kept = await keptIn(path, first.episodes + good.episodes);
  await Deno.remove(path);
  return {
    ...{ capacity, workers: options.workers, good, kept, seconds, held, counts, stderr },
    exitCode: code,
    misdeeds: merged(misdeeds),
    peak: { residentMiB, openFiles },
    leftProcesses: [served.pid, ...children].filter(isAlive).length,
  };
}

const TOKEN_VARIABLE = "FINESTEP_LOAD_TOKEN";

/** Milliseconds between looks at the server. */
const LOOK_MS = 100;

async function trainQuestions(): Promise<Question[]> {
  const questions = await readQuestions("fixtures/minibird/train.json");
  return questions.map(({ question, goldSql }, index) => ({
    ...{ index, text: question, gold: goldSql.trim() },
  }));
}

/** Each client has questions of its own, as far as there are enough. */
async function goodClients(
  target: Target,
  questions: readonly Question[],
  { clients, episodes }: Pick<LoadOptions, "clients" | "episodes">,
  record: GoodRecord,
): Promise<void> {
  await Promise.all(Array.from({ length: clients }, async (_, client) => {
    const own = Array.from(
      { length: episodes },
      (_, episode) => questions[(client * episodes + episode) % questions.length],
    );
    const run = client % 4 === 3 ? orsClient : socketClient;
    try {
      await run(target, own, record);
    } catch (error) {
      record.wrong.push(`client ${client}: ${error}`);
    }
  }));
}

async function doMisdeeds(
  target: Target,
  { copies, long }: Pick<LoadOptions, "copies" | "long">,
): Promise<MisdeedRecord[]> {
  const chosen = MISDEEDS.filter(({ isLong }) => long || !isLong);
  return await Promise.all(chosen.map(async ({ kind, name, expected, run }) => {
    const seen = await Promise.all(
      Array.from({ length: copies }, () => run(target).catch((error) => `${error}`)),
    );
    const surprises = seen.filter((text) => !expected.test(text)).map((text) => text.slice(0, 300));
    return { kind, name, times: copies, surprises };
  }));
}

/** A flood while all places of good WebSockets are taken, of twice the room there is. */
async function floodOnce(
  target: Target,
  { clients, spare }: LoadOptions,
  capacity: number,
): Promise<MisdeedRecord> {
  const sockets = Math.ceil(clients * 3 / 4);
  await until(async () => (await serverStatus(target)).sessions.open >= sockets);
  const count = 2 * (capacity - sockets);
  const { opened, refused, odd } = await flood(target, count);
  const surprises = [...odd];
  if (opened + refused !== count || refused < count - (capacity - sockets)) {
    surprises.push(`of ${count}, ${opened} opened and ${refused} refused`);
  }
  const name = `${count} sessions opened at once where ${capacity - sockets} have room`;
  return { kind: "flood", name: `${name} (${spare} to spare)`, times: 1, surprises };
}

/** What the server holds once it has ended the sessions that were left. */
async function emptied(
  { pid }: Served,
  target: Target,
  { idleSeconds }: LoadOptions,
): Promise<Held> {
  // The server looks for idle sessions every 5 s.
  const deadlineMs = 1000 * (idleSeconds + 15);
  await until(async () => (await serverStatus(target)).sessions.open === 0, deadlineMs);
  const { sessions, groups, memory } = await serverStatus(target);
  const heapMiB = memory.heap_used_bytes / 2 ** 20;
  return { ...processState(pid), heapMiB, sessions: sessions.open, groups };
}

/** Waits for something to come true, or for too long. */
async function until(holds: () => Promise<boolean>, deadlineMs = 30_000): Promise<void> {
  const began = performance.now();
  while (performance.now() - began < deadlineMs && !await holds()) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

// deno-lint-ignore no-explicit-any
async function serverStatus({ url, token }: Target): Promise<any> {
  const headers = { Authorization: `Bearer ${token}` };
  return await (await fetch(`${url}/finestep/status`, { ...HTTP, headers })).json();
}

async function keptIn(path: string, wanted: number): Promise<Kept> {
  const kept = { lines: 0, torn: 0, ended: 0 };
  const lines = (await Deno.readTextFile(path)).split("\n");
  for (const line of lines.filter((line) => line !== "")) {
    kept.lines++;
    try {
      if (readLine(line, kept.lines).episode.stopReason !== "no_prediction") kept.ended++;
    } catch {
      kept.torn++;
    }
  }
  return { ...kept, wanted, mebibytes: (await Deno.stat(path)).size / 2 ** 20 };
}

function merged(records: readonly MisdeedRecord[]): MisdeedRecord[] {
  return [...Map.groupBy(records, ({ name }) => name).values()].map((same) => ({
    ...same[0],
    times: same.reduce((sum, { times }) => sum + times, 0),
    surprises: same.flatMap(({ surprises }) => surprises),
  }));
}

/** The most that a process held while it was looked at. */
class Peak {
  readonly #timer: ReturnType<typeof setInterval>;
  #residentMiB = 0;
  #openFiles = 0;

  constructor(pid: number) {
    this.#timer = setInterval(() => {
      if (!isAlive(pid)) return;
      const { residentMiB, openFiles } = processState(pid);
      this.#residentMiB = Math.max(this.#residentMiB, residentMiB);
      this.#openFiles = Math.max(this.#openFiles, openFiles);
    }, LOOK_MS);
  }

  stop(): { residentMiB: number; openFiles: number } {
    clearInterval(this.#timer);
    return { residentMiB: this.#residentMiB, openFiles: this.#openFiles };
  }
}
