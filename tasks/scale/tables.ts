/**
 * The tables of docs/scale.md.
 *
 * @module
 */

import { type Lora, LORA_TARGETS } from "../../src/models/lora.ts";
import { MARKDOWN } from "../../src/reports/style.ts";
import { table } from "../../src/reports/table.ts";
import {
  cacheBytesPerToken,
  type Device,
  devicesFor,
  type EpisodeShape,
  episodeTokens,
  memory,
  sentBytes,
  stepFlop,
  stepSeconds,
  type StepShape,
  stepTokens,
  weightCount,
} from "./cost.ts";
import type { MessageTokens } from "./episode_tokens.ts";
import { LLAMA_405B, type PublishedModel, QWEN25_CODER_3B, QWEN3_32B, QWEN3_4B } from "./models.ts";

/** How a number of tokens is spread over questions. */
export interface Spread {
  readonly mean: number;
  readonly median: number;
  readonly p95: number;
  readonly max: number;
}

/** Lengths of messages, as measured. */
export type Measured = Readonly<Record<keyof MessageTokens, Spread>> & {
  readonly tokenizer: string;
  /** Which questions, and how many. */
  readonly questions: string;
};

/** What is assumed of an episode; docs/scale.md says why. */
const TURNS = 4;
const REASONING = 150;

const QUESTIONS_PER_STEP = 64;
const GROUP_SIZE = 8;

/** One epoch of BIRD's training questions. */
const TRAIN_QUESTIONS = 9428;

const LORA: Lora = { rank: 32, alpha: 32, targets: [...LORA_TARGETS] };
const MICRO_BATCH_TOKENS = 8192;

/** Peaks are NVIDIA's, of dense bfloat16; the shares of them are assumed. */
const SHARES = { computeShare: 0.35, bandwidthShare: 0.5 };
const H100: Device = {
  ...{ name: "H100", flops: 989e12, bandwidth: 3.35e12, bytes: 80e9 },
  ...SHARES,
};
const H200: Device = {
  ...{ name: "H200", flops: 989e12, bandwidth: 4.8e12, bytes: 141e9 },
  ...SHARES,
};

/** The tables by the name of their place. */
export function scaleTables(measured: Measured): Record<string, string> {
  const step = stepOf(measured);
  return {
    messages: messagesTable(measured),
    tokens: tokensTable(step),
    models: modelsTable(step),
    time: timeTable(step),
    growth: growthTable(step),
    limits: limitsTable(step),
  };
}

function stepOf(measured: Measured): StepShape {
  const { prompt, call, observation, answer } = measured;
  const episode: EpisodeShape = {
    ...{ turns: TURNS, reasoning: REASONING, prompt: prompt.mean, call: call.mean },
    ...{ observation: observation.mean, answer: answer.mean },
  };
  return { episode, questions: QUESTIONS_PER_STEP, groupSize: GROUP_SIZE };
}

function messagesTable(measured: Measured): string {
  const rows = [
    ["prompt: task, schema, question", measured.prompt],
    ["a call of the gold SQL, without reasoning", measured.call],
    ["its result", measured.observation],
    ["an answer, without reasoning", measured.answer],
  ] as const;
  return markdown(
    ["tokens", "mean", "median", "95 % of them at most", "most"],
    rows.map(([name, { mean, median, p95, max }]) => [
      name,
      ...[mean, median, p95, max].map((value) => value.toFixed(0)),
    ]),
  );
}

function tokensTable(step: StepShape): string {
  const one = episodeTokens(step.episode);
  const all = stepTokens(step);
  const episodes = step.questions * step.groupSize;
  const sent = sentBytes(all);
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(0);
  const row = (name: string, tokens: number | null, total: number) => [
    name,
    tokens === null ? "" : tokens.toFixed(0),
    `${millions(total)} million`,
  ];
  return markdown(["", "of an episode", "of a train step"], [
    row("prompt", one.prompt, episodes * one.prompt),
    row("sampled", one.sampled, all.sampled),
    row("observed", one.observed, episodes * one.observed),
    row("all of them: what a pass goes over", one.total, all.passed),
    row("read before sampling, prefixes kept", null, all.read),
    row("read before sampling, each turn anew", null, all.readAgain),
    ["MB sent to sample", "", megabytes(sent.sampling)],
    ["MB sent for the gradient", "", megabytes(sent.gradient)],
    ["MB sent to score anew", "", megabytes(sent.scoring)],
    ["tool calls", String(TURNS - 1), String(episodes * (TURNS - 1))],
  ]);
}

function modelsTable(step: StepShape): string {
  const columns = [QWEN25_CODER_3B, QWEN3_4B].flatMap((model) =>
    [LORA, null].map((lora) => ({ model, lora }))
  );
  const each = (cell: (model: PublishedModel, lora: Lora | null) => string) =>
    columns.map(({ model, lora }) => cell(model, lora));
  const memoryOf = ({ config }: PublishedModel, lora: Lora | null) =>
    memory(config, step.episode, {
      lora,
      conversations: step.questions * step.groupSize,
      microBatchTokens: MICRO_BATCH_TOKENS,
    });
  const flopOf = ({ config }: PublishedModel, lora: Lora | null) =>
    stepFlop(config, step, { lora, recomputes: true });
  return markdown(["", ...each((model, lora) => `${shortName(model)}, ${kind(lora)}`)], [
    ["weights, 10^9", ...each(({ config }) => billions(weightCount(config, null).all))],
    [
      "learned, 10^6",
      ...each(({ config }, lora) => millions(weightCount(config, lora).learned)),
    ],
    ["sampling, PFLOP a step", ...each((...of) => peta(flopOf(...of).sampling))],
    ["scoring anew, PFLOP a step", ...each((...of) => peta(flopOf(...of).scoring))],
    ["training, PFLOP a step", ...each((...of) => peta(flopOf(...of).training))],
    ["weights, GB", ...each((...of) => giga(memoryOf(...of).weights))],
    ["gradients and optimizer, GB", ...each((...of) => giga(memoryOf(...of).optimizer))],
    [
      `inner results of ${MICRO_BATCH_TOKENS} tokens, GB`,
      ...each((...of) => giga(memoryOf(...of).activations)),
    ],
    [
      "keys and values, kB a token",
      ...each(({ config }) => (cacheBytesPerToken(config) / 1e3).toFixed(0)),
    ],
    [
      "keys and values of all episodes at once, GB",
      ...each((...of) => giga(memoryOf(...of).cache)),
    ],
  ]);
}

/** A model on devices: what a step takes, and an epoch. */
function timeRow(
  step: StepShape,
  { model, lora, device, count, steps }: {
    readonly model: PublishedModel;
    readonly lora: Lora | null;
    readonly device: Device;
    readonly count: number;
    readonly steps: number;
  },
): string[] {
  const { config } = model;
  const { weights } = memory(config, step.episode, {
    lora,
    conversations: 1,
    microBatchTokens: MICRO_BATCH_TOKENS,
  });
  const seconds = stepSeconds(config, step, {
    ...{ device, count, lora, recomputes: true },
    devicesPerCopy: devicesFor(weights, device),
  });
  const total = seconds.sampling + seconds.scoring + seconds.training;
  return [
    shortName(model),
    kind(lora),
    `${count} x ${device.name}`,
    ...[seconds.sampling, seconds.scoring, seconds.training, total].map(significant),
    significant(steps * total / 3600),
    significant(count * steps * total / 3600),
  ];
}

const TIME_HEADINGS = [
  ...["model", "learned", "devices", "sampling, s", "scoring anew, s", "training, s", "step, s"],
  ...["epoch, h", "device hours"],
];

function timeTable(step: StepShape): string {
  const rows = [
    { model: QWEN25_CODER_3B, device: H100, count: 1 },
    { model: QWEN3_4B, device: H100, count: 1 },
    { model: QWEN3_4B, device: H200, count: 1 },
    { model: QWEN3_4B, device: H100, count: 8 },
    { model: QWEN3_4B, device: H200, count: 8 },
  ].map((row) => timeRow(step, { ...row, lora: LORA, steps: epochOf(step) }));
  const whole = { model: QWEN3_4B, lora: null, device: H200, count: 8, steps: epochOf(step) };
  return markdown(TIME_HEADINGS, [...rows, timeRow(step, whole)]);
}

/** What ten and a hundred times of one thing make of the base. */
function growthTable(step: StepShape): string {
  const base = { model: QWEN3_4B, lora: LORA, device: H200, count: 8 };
  const steps = epochOf(step);
  const grown = (name: string, changed: StepShape, other: Partial<typeof base>, n = steps) => [
    name,
    ...timeRow(changed, { ...base, ...other, steps: n }).toSpliced(1, 1),
  ];
  const groups = (times: number) => ({ ...step, groupSize: times * step.groupSize });
  const wide = (times: number) => ({ ...step, questions: times * step.questions });
  const headings = TIME_HEADINGS.filter((heading) => heading !== "learned");
  return markdown(["", ...headings], [
    grown("base", step, {}),
    grown("10 times the questions", step, {}, 10 * steps),
    grown("100 times the questions, 10 times as many a step", wide(10), {}, 10 * steps),
    grown("10 times the group", groups(10), {}),
    grown("100 times the group", groups(100), {}),
    grown("about 10 times the model", step, { model: QWEN3_32B }),
    grown("about 100 times the model", step, { model: LLAMA_405B, count: 64 }),
  ]);
}

/** What each size must at least have room for. */
function limitsTable(step: StepShape): string {
  const models = [QWEN3_4B, QWEN3_32B, LLAMA_405B];
  const memoryOf = ({ config }: PublishedModel, lora: Lora | null) =>
    memory(config, step.episode, { lora, conversations: 1, microBatchTokens: MICRO_BATCH_TOKENS });
  const whole = (model: PublishedModel, lora: Lora | null) => {
    const { weights, optimizer } = memoryOf(model, lora);
    return weights + optimizer;
  };
  const each = (cell: (model: PublishedModel) => string) => models.map(cell);
  const devices = (bytes: number) => String(devicesFor(bytes, H200));
  return markdown(["", ...each(shortName)], [
    ["weights, GB", ...each((model) => giga(memoryOf(model, LORA).weights))],
    ["with adapters and their optimizer, GB", ...each((model) => giga(whole(model, LORA)))],
    ["with the optimizer of all weights, GB", ...each((model) => giga(whole(model, null)))],
    [
      "H200s that hold a copy to sample from",
      ...each((model) => devices(memoryOf(model, LORA).weights)),
    ],
    ["to learn adapters", ...each((model) => devices(whole(model, LORA)))],
    ["to learn all weights", ...each((model) => devices(whole(model, null)))],
  ]);
}

function epochOf({ questions }: StepShape): number {
  return Math.ceil(TRAIN_QUESTIONS / questions);
}

function markdown(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const columns = headings.map((heading, n) => ({
    heading,
    align: n === 0 ? "left" as const : "right" as const,
  }));
  return table(columns, rows, MARKDOWN);
}

const shortName = ({ name }: PublishedModel) => name.split("/")[1];
const kind = (lora: Lora | null) => lora ? `adapters, rank ${lora.rank}` : "all weights";
const millions = (value: number) => (value / 1e6).toFixed(2);
const billions = (value: number) => (value / 1e9).toFixed(2);
const peta = (value: number) => (value / 1e15).toFixed(1);
const giga = (value: number) => (value / 1e9).toFixed(1);

/** Two digits, as times are proportional to shares that are assumed. */
function significant(value: number): string {
  return Number(value.toPrecision(2)).toLocaleString("en", { useGrouping: false });
}
