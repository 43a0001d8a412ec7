/**
 * How fast a policy generates: tokens per second beside llama.cpp (npm's node-llama-cpp), in one
 * process and in turns, so that the machine's other load meets each of them.
 *
 * All continue the same prompts greedily, one prompt a sequence, on the same number of threads. CPU
 * time is that of the whole process while one of them works: on a machine with other load, times of
 * `--threads 1` compare by it, as threads that wait for one another do so busily.
 *
 * Run with `deno task generation_speed --model FOLDER --gguf FILE.gguf [--gguf ...] [--output
 * results/generation_speed]`. The package is downloaded when this first runs.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { basename, join } from "node:path";
import process from "node:process";
import { pipeline } from "node:stream/promises";
import { parseArgs } from "node:util";
import { OnnxDecoder } from "../src/engines/onnx_decoder.ts";
import { OnnxNetwork } from "../src/engines/onnx_network.ts";
import { ONNXRUNTIME_VERSION } from "../src/engines/onnx_session.ts";
import { loadModel, type Model } from "../src/models/model_folder.ts";
import { PLAIN } from "../src/reports/style.ts";
import { table } from "../src/reports/table.ts";

/** Not a literal in its import, so that only a run of this task downloads it. */
const PEER = "npm:node-llama-cpp@3.21.1";

const { values: flags } = parseArgs({
  options: {
    model: { type: "string" },
    gguf: { type: "string", multiple: true, default: [] },
    batches: { type: "string", default: "1,16,64" },
    prompt: { type: "string", default: "64" },
    tokens: { type: "string", default: "16" },
    rounds: { type: "string", default: "3" },
    threads: { type: "string", default: "2" },
    output: { type: "string" },
  },
});

/** Time of one piece of work. */
interface Cost {
  readonly wallMs: number;
  readonly cpuMs: number;
}

/** One round of one runner. */
interface Round {
  /** Tokens chosen by each sequence, the first of them after its prompt. */
  readonly chosen: readonly (readonly number[])[];
  readonly prefill: Cost;
  readonly decode: Cost;
}

/** Something that generates. */
interface Runner {
  readonly name: string;
  /** Continues prompts greedily by `tokens` each. */
  run(prompts: readonly (readonly number[])[], tokens: number): Promise<Round>;
}

/** What is used of node-llama-cpp. */
interface LlamaModel {
  createContext(options: Record<string, number>): Promise<{
    getSequence(): {
      evaluate(ids: number[], options: object): AsyncGenerator<number>;
    };
    dispose(): Promise<void>;
  }>;
}

/** One line of the table: medians of the rounds. */
interface Row {
  readonly runner: string;
  readonly batch: number;
  readonly prefillTokensPerSecond: number;
  readonly tokensPerSecond: number;
  readonly tokensPerCpuSecond: number;
  /** Tokens equal to those of the first runner, up to each sequence's first difference. */
  readonly equalTokens: number;
  readonly tokens: number;
}

if (!flags.model) {
  console.log("skipped: no --model");
  Deno.exit(0);
}
const threads = Number(flags.threads);
const model = await loadModel(flags.model);
const runners = [onnxRunner(model), ...await llamaRunners(flags.gguf)];
// Whatever is made at the first run is not counted.
for (const runner of runners) await runner.run([prompt(0, 8)], 2);
const rows: Row[] = [];
for (const batch of flags.batches.split(",").map(Number)) rows.push(...await compared(batch));
const conditions = {
  date: new Date().toISOString(),
  commit: await commit(),
  arguments: Deno.args.map((arg) => basename(arg)),
  onnxruntime: ONNXRUNTIME_VERSION,
  peer: PEER,
  threads,
  promptTokens: Number(flags.prompt),
  chosenTokens: Number(flags.tokens),
  rounds: Number(flags.rounds),
  loadAverage: Deno.loadavg()[0],
  cpus: navigator.hardwareConcurrency,
  files: Object.fromEntries(
    await Promise.all(
      [weightsFile(flags.model), ...flags.gguf].map(async (
        path,
      ) => [basename(path), await sha256(path)]),
    ),
  ),
};
const text = report();
console.log(text);
if (flags.output) {
  await Deno.writeTextFile(`${flags.output}.txt`, text);
  const json = JSON.stringify({ ...conditions, rows }, null, 1);
  await Deno.writeTextFile(`${flags.output}.json`, `${json}\n`);
}
Deno.exit(0);

/** All runners in turns on `batch` prompts. */
async function compared(batch: number): Promise<Row[]> {
  const length = Number(flags.prompt);
  const prompts = Array.from({ length: batch }, (_, sequence) => prompt(sequence, length));
  const rounds = new Map<Runner, Round[]>(runners.map((runner) => [runner, []]));
  for (let round = 0; round < Number(flags.rounds); round++) {
    for (const runner of runners) {
      rounds.get(runner)!.push(await runner.run(prompts, Number(flags.tokens)));
    }
  }
  const reference = rounds.get(runners[0])![0].chosen;
  return runners.map((runner) => {
    const own = rounds.get(runner)!;
    const { chosen } = own[0];
    const decoded = chosen.reduce((sum, ids) => sum + ids.length - 1, 0);
    return {
      runner: runner.name,
      batch,
      prefillTokensPerSecond: 1000 * batch * length /
        median(own.map(({ prefill }) => prefill.wallMs)),
      tokensPerSecond: 1000 * decoded / median(own.map(({ decode }) => decode.wallMs)),
      tokensPerCpuSecond: 1000 * decoded / median(own.map(({ decode }) => decode.cpuMs)),
      equalTokens: chosen.reduce((sum, ids, n) => sum + equalCount(ids, reference[n]), 0),
      tokens: decoded + batch,
    };
  });
}

/** A prompt of tokens that mean nothing together; those of control are left out. */
function prompt(sequence: number, length: number): number[] {
  const { vocabSize } = model.config;
  return Array.from(
    { length },
    (_, i) => 100 + (7919 * (sequence + 1) + 104_729 * i + i * i) % (vocabSize - 100),
  );
}

function equalCount(ids: readonly number[], reference: readonly number[]): number {
  const first = ids.findIndex((id, i) => id !== reference[i]);
  return first < 0 ? ids.length : first;
}

function onnxRunner({ config, weights }: Model): Runner {
  const network = new OnnxNetwork({ config, lora: null }, weights, { threads });
  return {
    name: "finestep, F32",
    async run(prompts, tokens) {
      const decoder = new OnnxDecoder(network);
      const chosen: number[][] = [];
      const prefill = await measured(async () => {
        for (const ids of prompts) chosen.push([mostLikely(await decoder.prefill(ids))]);
      });
      const decode = await measured(async () => {
        for (let step = 1; step < tokens; step++) {
          const logits = await decoder.decode(chosen.map((ids, slot) => ({
            token: ids[step - 1],
            position: prompts[slot].length + step - 1,
          })));
          chosen.forEach((ids, slot) => {
            const from = slot * config.vocabSize;
            ids.push(mostLikely(logits.subarray(from, from + config.vocabSize)));
          });
        }
      });
      return { chosen, prefill, decode };
    },
  };
}

async function llamaRunners(paths: readonly string[]): Promise<Runner[]> {
  if (paths.length === 0) return [];
  const { getLlama } = await import(PEER);
  const llama = await getLlama({ gpu: false, build: "never", maxThreads: threads });
  return await Promise.all(paths.map(async (modelPath) => {
    const model: LlamaModel = await llama.loadModel({ modelPath });
    return llamaRunner(`llama.cpp, ${basename(modelPath)}`, model);
  }));
}

function llamaRunner(name: string, model: LlamaModel): Runner {
  return {
    name,
    async run(prompts, tokens) {
      const context = await model.createContext({
        sequences: prompts.length,
        contextSize: prompts[0].length + tokens + 8,
        batchSize: 512,
        threads,
      });
      const sequences = prompts.map((ids) =>
        context.getSequence().evaluate([...ids], { temperature: 0, yieldEogToken: true })
      );
      const chosen: number[][] = prompts.map(() => []);
      const advance = async (sequence: number) => {
        const { value, done } = await sequences[sequence].next();
        if (!done) chosen[sequence].push(value);
      };
      const all = chosen.map((_, sequence) => sequence);
      const prefill = await measured(() => Promise.all(all.map(advance)));
      const decode = await measured(() =>
        Promise.all(all.map(async (sequence) => {
          for (let step = 1; step < tokens; step++) await advance(sequence);
        }))
      );
      await context.dispose();
      return { chosen, prefill, decode };
    },
  };
}

function mostLikely(logits: Float32Array): number {
  let best = 0;
  for (let v = 1; v < logits.length; v++) if (logits[v] > logits[best]) best = v;
  return best;
}

async function measured(work: () => Promise<unknown>): Promise<Cost> {
  const [start, before] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(before);
  return { wallMs: performance.now() - start, cpuMs: (user + system) / 1000 };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}

function report(): string {
  const { commit, promptTokens, chosenTokens, rounds, loadAverage, cpus } = conditions;
  const head = `$ deno task generation_speed ${Deno.args.map((arg) => basename(arg)).join(" ")}\n` +
    `Greedy generation: ${promptTokens} tokens of prompt, ${chosenTokens} chosen, ` +
    `${threads} threads of ${cpus} cores; medians of ${rounds} rounds in turns\n` +
    `commit ${commit.slice(0, 12)}, ONNX Runtime ${ONNXRUNTIME_VERSION}, ${PEER}; load average ${
      loadAverage.toFixed(1)
    }\n`;
  const headings = ["runner", "batch", "prefill, tokens/s", "tokens/s", "tokens/CPU s", "as ours"];
  const columns = headings.map((heading, n) =>
    n === 0 ? { heading } : { heading, align: "right" } as const
  );
  const lines = rows.map((row) => [
    row.runner,
    String(row.batch),
    row.prefillTokensPerSecond.toFixed(0),
    row.tokensPerSecond.toFixed(1),
    row.tokensPerCpuSecond.toFixed(1),
    `${row.equalTokens}/${row.tokens}`,
  ]);
  return `${head}${table(columns, lines, PLAIN)}\n`;
}

function weightsFile(path: string): string {
  return path.endsWith(".gguf") ? path : join(path, "model.safetensors");
}

async function sha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

async function commit(): Promise<string> {
  const { stdout } = await new Deno.Command("git", {
    args: ["rev-parse", "HEAD"],
    cwd: import.meta.dirname,
  }).output();
  return new TextDecoder().decode(stdout).trim();
}
