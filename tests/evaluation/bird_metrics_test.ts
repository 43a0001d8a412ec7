import assert from "finestep/assert";
import { isCorrect } from "../../src/evaluation/execution_accuracy.ts";
import { rVesReward, timeRatio } from "../../src/evaluation/r_ves.ts";
import { softF1 } from "../../src/evaluation/soft_f1.ts";
import type { SqlRow, SqlValue } from "../../src/sandbox/result_set.ts";
import { rowsOf } from "./results.ts";

type JsonCell = null | number | string | [integer: string] | { blob: string };

interface Cases {
  readonly results: readonly {
    readonly predicted: JsonCell[][];
    readonly gold: JsonCell[][];
    readonly ex: 0 | 1;
    readonly softF1: number;
  }[];
  readonly times: readonly {
    readonly predicted: number[];
    readonly gold: number[];
    readonly repeat: number;
    readonly tau: number;
    readonly reward: number;
  }[];
}

// fixtures/golden/bird_metrics/make.py runs BIRD's official code.
const CASES: Cases = JSON.parse(
  Deno.readTextFileSync(new URL("../../fixtures/golden/bird_metrics/cases.json", import.meta.url)),
);

function cellOf(json: JsonCell): SqlValue {
  if (Array.isArray(json)) return BigInt(json[0]);
  return typeof json === "object" && json !== null ? Uint8Array.fromHex(json.blob) : json;
}

function resultOf(rows: JsonCell[][]) {
  return rowsOf(rows.map((row): SqlRow => row.map(cellOf)));
}

function assertClose(actual: number, expected: number, of: unknown): void {
  assert(
    Math.abs(actual - expected) <= 1e-12,
    `${actual} is not ${expected}: ${JSON.stringify(of)}`,
  );
}

Deno.test("isCorrect() and softF1() agree with BIRD's code on 400 pairs of results", () => {
  assert.equal(CASES.results.length, 400);
  for (const one of CASES.results) {
    const [predicted, gold] = [resultOf(one.predicted), resultOf(one.gold)];
    assert.equal(Number(isCorrect(predicted, gold)), one.ex, JSON.stringify(one));
    assertClose(softF1(predicted, gold), one.softF1, one);
  }
});

Deno.test("timeRatio() and rVesReward() agree with BIRD's code, down to numpy's rounding", () => {
  const repeated = (seconds: number[], times: number) =>
    new Array<number[]>(times).fill(seconds).flat();
  for (const one of CASES.times) {
    const tau = timeRatio(repeated(one.gold, one.repeat), repeated(one.predicted, one.repeat));
    assertClose(tau, one.tau, one);
    assert.equal(rVesReward(tau), one.reward, JSON.stringify(one));
  }
  const rewards = new Set(CASES.times.map(({ reward }) => reward));
  assert.deepEqual([...rewards].sort(), [0, 0.25, 0.5, 1, 1.25]);
});
