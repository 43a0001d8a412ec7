import assert from "finestep/assert";
import { PLAIN } from "../../src/reports/style.ts";
import {
  endText,
  progressBar,
  progressOf,
  progressText,
} from "../../src/reports/watch_progress.ts";
import { anEvaluation, aRun, aRunByTokens, aStep, aWatched } from "./watched.ts";

const BEFORE = anEvaluation({ done: 40, isComplete: true });

Deno.test("progressOf() follows a training from its start to its last evaluation", () => {
  const steps = [aStep(0), aStep(1)];
  const after = anEvaluation({ phase: "after" });
  const moments = [
    aWatched(),
    aWatched({ evaluations: [anEvaluation({ total: null })] }),
    aWatched({ evaluations: [BEFORE] }),
    aWatched({ evaluations: [BEFORE], steps }),
    aWatched({ evaluations: [BEFORE, after], steps }),
    aWatched({ evaluations: [BEFORE, { ...after, isComplete: true }], steps }),
  ];
  assert.deepEqual(moments.map((moment) => progressText(progressOf(moment))), [
    "starting",
    "evaluating before training 10",
    "training 0/4",
    "training 2/4",
    "evaluating after training 10/40",
    "training 2/4",
  ]);
});

Deno.test("progressOf() expects steps as long as the last ones, less what the next has taken", () => {
  const steps = [
    aStep(0, { "time/rollout_ms": 1 }),
    ...[1, 2, 3, 4, 5, 6, 7, 8].map((s) => aStep(s)),
  ];
  const run = aRun({ options: { training: { trainSteps: 12, tokenBudget: 0 } } });
  assert.equal(progressOf(aWatched({ run, steps })).secondsLeft, 30);
  assert.equal(progressOf(aWatched({ run, steps, quietSeconds: 4 })).secondsLeft, 26);
  assert.equal(progressOf(aWatched({ run, steps, quietSeconds: 40 })).secondsLeft, 0);
});

Deno.test("progressOf() counts tokens where they end the training before the steps do", () => {
  const steps = [aStep(0), aStep(1)];
  const near = progressOf(aWatched({ run: aRunByTokens(2500), steps }));
  assert.equal(progressText(near), "training 2000/2500 tokens");
  assert.equal(near.secondsLeft, 10);
  const far = progressOf(aWatched({ run: aRunByTokens(100_000), steps }));
  assert.equal(progressText(far), "training 2/4");
});

Deno.test("progressOf() knows when an evaluation ends once verdicts were seen coming", () => {
  const seen = (perSecond: number | null) =>
    progressOf(aWatched({ evaluations: [anEvaluation({ perSecond })] })).secondsLeft;
  assert.deepEqual([seen(null), seen(2)], [null, 15]);
});

Deno.test("endText() tells how a run ended, or that nothing has come for long", () => {
  const steps = [aStep(0)];
  assert.equal(endText(aWatched()), "running");
  assert.equal(endText(aWatched({ steps })), "30 s left");
  assert.equal(endText(aWatched({ steps, quietSeconds: 200 })), "quiet for 3 min 20 s");
  const run = aRun({ status: "interrupted", finished: "2026-01-02T03:05:10.000Z" });
  assert.equal(endText(aWatched({ run, steps })), "interrupted after 1 min 5 s");
  const killed = aRun({ status: "interrupted", finished: null });
  assert.equal(endText(aWatched({ run: killed, steps })), "interrupted");
});

Deno.test("progressBar() is as full as the work is done", () => {
  const progress = progressOf(aWatched({ steps: [aStep(0)] }));
  assert.equal(progressBar(progress, 8, PLAIN), "##......");
  assert.equal(progressBar({ ...progress, done: 5 }, 8, PLAIN), "########");
  assert.equal(progressBar({ ...progress, total: null }, 8, PLAIN), "");
});
