import assert from "finestep/assert";
import { PLAIN } from "../../src/reports/style.ts";
import { watchFrame } from "../../src/reports/watch_frame.ts";
import type { WatchedTrajectory, WatchSnapshot } from "../../src/reports/watch_snapshot.ts";
import { cellWidth } from "../../src/reports/watch_text.ts";
import type { Episode, Step } from "../../src/trajectory/episode.ts";
import { anEpisode, aRecord } from "../store/episodes.ts";
import { anEvaluation, aRun, aStep, aWatched } from "./watched.ts";

const UNICODE = { ...PLAIN, unicode: true };

const STEPS = [0, 1, 2].map((trainStep) => aStep(trainStep));
const BEFORE = anEvaluation({
  done: 40,
  isComplete: true,
  ex: { value: 0.5, low: 0.35, high: 0.65, n: 40 },
});

function trajectory(changes: Partial<Episode> = {}, isCorrect = true): WatchedTrajectory {
  const episode = { ...anEpisode("12"), ...changes };
  return {
    record: { ...aRecord("12", 2), isCorrect, episode },
    process: new Float64Array(episode.steps.length).fill(0.5),
  };
}

function snapshot(changes: Partial<WatchSnapshot> = {}): WatchSnapshot {
  const watched = aWatched({ steps: STEPS, evaluations: [BEFORE] });
  return { watched, trajectories: [trajectory()], running: [watched], ...changes };
}

function frame(some: WatchSnapshot, columns: number, rows: number, style = PLAIN): string[] {
  return watchFrame(some, { columns, rows }, style).map((line) => line.trimEnd());
}

Deno.test("watchFrame() shows a training on 80 x 24", () => {
  const [call, answer] = anEpisode("12").steps;
  const steps = [call, call, answer];
  const some = snapshot({ trajectories: [trajectory({ steps })] });
  assert.deepEqual(frame(some, 80, 23), [
    "run 7: finestep, seed 3, minibird dev                              commit abc123",
    "training 3/4  ###############.....                                     10 s left",
    "groupsPerStep=8 groupSize=8 lambda=0.5",
    "before  EX 50.0 +/- 15.0 (n = 40)",
    "steps 1 to 3                                    first     last      min      max",
    "EX, %              .+@                              0       50        0       50",
    "redundant calls, % ===                             50       50       50       50",
    "calls per episode  ===                              2        2        2        2",
    "process reward     ===                           0.75     0.75     0.75     0.75",
    "loss               ===                        -1.2e-4  -1.2e-4  -1.2e-4  -1.2e-4",
    "gradient norm      ===                            123      123      123      123",
    "clipped tokens, %  ===                              0        0        0        0",
    "approx. KL         ===                           0.02     0.02     0.02     0.02",
    "tokens per second  ===                            250      250      250      250",
    "10.0 s a step: rollout 40 %, scoring 0 %, forward 10 %, backward 50 %, optimi...",
    "last trajectories (step 3)                 result                   class reward",
    "right  12 concert: How many singers?",
    "  1 call     SELECT count(*) FROM singer   1 row x 1                        0.50",
    "  2 call     SELECT count(*) FROM singer   1 row x 1                R1      0.50",
    "  3 answer   SELECT count(*) FROM singer   1 row x 1                        0.50",
  ]);
});

Deno.test("watchFrame() marks failures, and tells why there is no answer", () => {
  const failed: Step = {
    ...anEpisode("12").steps[0],
    result: { kind: "error", message: "no such\ntable: x\x1b[2J", elapsedMs: 1 },
  };
  const broken: Step = {
    text: "",
    action: { kind: "violation", violation: "bad_json", detail: "the call is not JSON" },
    result: null,
    observation: null,
  };
  const one = trajectory({
    steps: [failed, broken],
    stopReason: "turn_limit",
    finalSql: null,
    finalResult: null,
    prompt: [{ role: "user", content: "singer(id)\nquestion: 歌手は何人?" }],
  }, false);
  assert.deepEqual(frame(snapshot({ trajectories: [one] }), 90, 23).slice(-3), [
    "turn limit  12 concert: 歌手は何人?",
    "  1 call     SELECT count(*) FROM singer             error: no such table:...         0.50",
    "  2 violation the call is not JSON                                                    0.50",
  ]);
  const colored = watchFrame(
    snapshot({ trajectories: [one] }),
    { columns: 90, rows: 23 },
    { unicode: true, color: true },
  );
  const line = colored.at(-1)!;
  assert(line.startsWith("\x1b[31m") && line.endsWith("\x1b[0m"), line);
});

Deno.test("watchFrame() lists runs that go on side by side, and of an evaluation its outcomes", () => {
  const other = aWatched({ run: aRun({ id: 6, algorithm: "grpo", seed: 12 }), steps: STEPS });
  const watched = aWatched({
    run: aRun({ kind: "eval", algorithm: null }),
    evaluations: [anEvaluation({ phase: "eval", perSecond: 0.1 })],
  });
  const some = snapshot({ watched, running: [other, watched], trajectories: [] });
  assert.deepEqual(frame(some, 80, 23), [
    "run 7: eval, seed 3, minibird dev                                  commit abc123",
    "evaluating 10/40  #####...............                            5 min 0 s left",
    "2 runs under way",
    "     6 grpo               seed 12  EX  50.0  training 3/4              10 s left",
    ">    7 eval               seed 3   EX  50.0  evaluating 10/40     5 min 0 s left",
    "eval    EX 50.0 +/- 26.3 (n = 10 so far)",
    "outcomes  right 5 (50.0 %)  wrong_rows 5 (50.0 %)",
  ]);
});

Deno.test("watchFrame() fits every terminal", () => {
  const running = Array.from(
    { length: 30 },
    (_, id) => aWatched({ run: aRun({ id }), steps: STEPS }),
  );
  const some = snapshot({
    running,
    trajectories: Array.from({ length: 16 }, () => trajectory()),
  });
  for (const columns of [1, 20, 79, 80, 200]) {
    for (const rows of [1, 5, 23, 31, 32, 60]) {
      const lines = watchFrame(some, { columns, rows }, UNICODE);
      assert(lines.length <= rows, `${lines.length} lines for ${rows}`);
      // Columns of numbers keep their width; a terminal that is too small cuts them itself.
      const most = Math.max(columns, 80);
      for (const line of lines) assert(cellWidth(line) <= most, `${columns}: ${line}`);
    }
  }
});

Deno.test("watchFrame() fills a larger terminal with more trajectories, whole ones", () => {
  const some = snapshot({ trajectories: Array.from({ length: 16 }, () => trajectory()) });
  const shown = (rows: number) =>
    frame(some, 100, rows).filter((line) => line.startsWith("right")).length;
  assert.deepEqual([18, 19, 21, 22, 25].map(shown), [1, 1, 1, 2, 3]);
});
