/**
 * Agreement with verl's own functions on 72 cases that lie beside the project; fixtures/golden has
 * cases that every clone can run.
 *
 * @module
 */

import assert from "finestep/assert";
import { countTotals } from "../../src/algorithms/aggregation.ts";
import { SURROGATE_OPTIONS, type SurrogateOptions } from "../../src/algorithms/options.ts";
import { makeSurrogate } from "../../src/algorithms/surrogate.ts";
import { defaults } from "../../src/config/option.ts";
import { compared } from "../../src/credit/normalize.ts";
import { batchOf, flat } from "./batches.ts";

type Rows = readonly (readonly number[])[];

interface VerlCase {
  readonly name: string;
  readonly options: {
    readonly advantage: "given" | `${"grpo" | "rloo"}${"" | "_vectorized"}`;
    readonly norm_by_std: boolean | null;
    readonly loss: "vanilla" | "gspo" | "cispo" | "kl";
    readonly eps_low: number | null;
    readonly eps_high: number | null;
    readonly dual_clip: number | null;
    readonly agg: SurrogateOptions["aggregation"];
    readonly loss_scale_factor: number | null;
    readonly padded_width: number;
    readonly dp_size: number | null;
    readonly global_batch_size: number | null;
    readonly kl_type: string | null;
    readonly kl_coef: number | null;
    readonly mask_dtype: "float64" | "bool";
  };
  readonly groups: readonly number[];
  readonly rewards: readonly number[];
  readonly logprobs: Rows;
  readonly sampledLogprobs: Rows;
  readonly refLogprobs?: Rows;
  readonly mask: Rows;
  readonly advantages: Rows;
  readonly loss: number;
  readonly lossBoolMask?: number;
  readonly gradient: Rows;
  readonly metrics: Readonly<Record<string, number>>;
}

const FILE = new URL("../../../shared/golden/policy_losses.json", import.meta.url);

function readCases(): VerlCase[] {
  const permission = Deno.permissions.querySync({ name: "read", path: FILE });
  if (permission.state !== "granted") return [];
  try {
    return JSON.parse(Deno.readTextFileSync(FILE)).cases;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** verl's names of KL estimates, in the names of Schulman's note. */
const ESTIMATORS: Readonly<Record<string, string>> = { low_var_kl: "k3", mse: "k2" };

function surrogateOptions({ options }: VerlCase): SurrogateOptions {
  return {
    ...defaults(SURROGATE_OPTIONS),
    ratio: options.loss === "gspo" ? "sequence" : "token",
    objective: options.loss === "cispo" ? "cispo" : "clip",
    clipLow: options.eps_low ?? 0,
    clipHigh: options.eps_high ?? 0,
    dualClip: options.dual_clip ?? 0,
    aggregation: options.agg,
    normTokens: options.loss_scale_factor ?? options.padded_width,
    klCoefficient: options.kl_coef ?? 0,
    klEstimator: (ESTIMATORS[options.kl_type ?? "k3"] ?? options.kl_type ?? "k3") as "k3",
  };
}

/** The KL term alone is the loss where every advantage is 0. */
function batchOfCase(golden: VerlCase) {
  const isKlAlone = golden.options.loss === "kl";
  return batchOf({
    ...golden,
    advantages: isKlAlone ? golden.mask.map((row) => row.map(() => 0)) : golden.advantages,
    referenceLogprobs: golden.refLogprobs,
  });
}

function totalsOf({ options }: VerlCase, batch: ReturnType<typeof batchOf>) {
  const { actionTokens, trajectories } = countTotals(batch);
  const { global_batch_size: all, dp_size: shards } = options;
  return { actionTokens, trajectories: all ? all / (shards ?? 1) : trajectories };
}

/**
 * With a float mask verl adds 1e-8 to a row's count in `seq-mean-token-mean`; its trainer passes a
 * bool mask, with which that vanishes. Ours is exact, so the golden gradient is freed of it.
 */
function exactGradient({ options, gradient, mask }: VerlCase): Float64Array {
  const isShifted = options.agg === "seq-mean-token-mean" && options.mask_dtype === "float64";
  return flat(gradient.map((row, n) => {
    const count = mask[n].reduce((sum, chosen) => sum + chosen, 0);
    return row.map((value) => isShifted && count > 0 ? value * (count + 1e-8) / count : value);
  }));
}

function assertClose(actual: number, expected: number, what: string, tolerance = 1e-9) {
  const scale = Math.max(1, Math.abs(expected));
  assert.ok(
    Math.abs(actual - expected) <= tolerance * scale,
    `${what}: ${actual}, verl ${expected}`,
  );
}

function assertSameLoss(golden: VerlCase) {
  const batch = batchOfCase(golden);
  const surrogate = makeSurrogate(surrogateOptions(golden));
  const result = surrogate(flat(golden.logprobs), batch, totalsOf(golden, batch));
  assertClose(result.loss, golden.lossBoolMask ?? golden.loss, "loss");
  exactGradient(golden).forEach((value, t) =>
    assertClose(result.gradient[t], value, `gradient of token ${t}`)
  );
  assertSameMetrics(golden, result.metrics);
}

const METRICS: Readonly<Record<string, string>> = {
  clipFraction: "loss/clip_fraction",
  clipFractionLower: "loss/dual_clip_fraction",
  approxKl: "loss/approx_kl",
  klLoss: "loss/reference_kl",
};

function assertSameMetrics({ name, metrics: golden }: VerlCase, metrics: Record<string, number>) {
  for (const [key, value] of Object.entries(golden)) {
    const ours = metrics[METRICS[key]];
    // Ours leaves a metric out where its option is off; verl says 0.
    if (key === "clipFractionLower" && ours === undefined) assert.equal(value, 0);
    // Here verl clamps single log ratios at 20; ours reports the mean of what they are.
    else if (key === "approxKl" && /^extreme_(vanilla|cispo)/.test(name)) continue;
    // verl divides by the count plus 1e-8, in float32 under a bool mask.
    else if (METRICS[key]) assertClose(ours, value, key, 1e-7);
  }
}

function assertSameAdvantages({ options, groups, rewards, mask, advantages }: VerlCase) {
  const how = {
    baseline: options.advantage.startsWith("rloo") ? "leaveOneOut" : "mean",
    normStd: options.norm_by_std ?? false,
    // Only verl's vectorized RLOO gives a lone trajectory nothing.
    singleton: options.advantage === "rloo_vectorized" ? "zero" : "raw",
  } as const;
  for (const group of new Set(groups)) {
    const rows = groups.flatMap((other, n) => other === group ? [n] : []);
    const ours = compared(Float64Array.from(rows, (n) => rewards[n]), how);
    // verl's group mean and std are float32 in its vectorized GRPO, and for groups of one.
    const isFloat32 = options.advantage === "grpo_vectorized" || rows.length === 1;
    rows.forEach((n, i) =>
      mask[n].forEach((chosen, t) =>
        assertClose(ours[i] * chosen, advantages[n][t], `row ${n}`, isFloat32 ? 1e-6 : 1e-9)
      )
    );
  }
}

const cases = readCases();

Deno.test({
  name: `makeSurrogate() agrees with verl${
    cases.length === 0
      ? ` (skipped: no ../shared/golden/policy_losses.json, or no --allow-read)`
      : ""
  }`,
  ignore: cases.length === 0,
  async fn(test) {
    assert.equal(cases.length, 72);
    for (const golden of cases) await test.step(golden.name, () => assertSameLoss(golden));
  },
});

Deno.test({
  name: `compared() agrees with verl's GRPO and RLOO advantages${
    cases.length === 0 ? " (skipped, as above)" : ""
  }`,
  ignore: cases.length === 0,
  async fn(test) {
    for (const golden of cases.filter(({ options }) => options.advantage !== "given")) {
      await test.step(golden.name, () => assertSameAdvantages(golden));
    }
  },
});
