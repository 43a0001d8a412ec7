import assert from "finestep/assert";
import { join } from "node:path";
import { measuresOf } from "../../src/cli/evaluation_phase.ts";
import { run as report } from "../../src/cli/report.ts";
import { summarize } from "../../src/evaluation/summary.ts";
import { verdictOf } from "../../src/evaluation/verdict.ts";
import { openStore, type RunStore } from "../../src/store/run_store.ts";
import type { Episode } from "../../src/trajectory/episode.ts";
import { asking, ATTEMPTS, recordsOf, runOf } from "../pages/trajectories/attempts.ts";
import { type Browser, browserTest, PHONE } from "./chromium.ts";

/** Questions of training and of the evaluations around it; the last has texts that HTML would run. */
const HOSTILE = `<img src=x onerror="window.wasRun = true"></script><!-- שלום 😀`;
const TRAINING = ["One?", "Two?"].flatMap((text, n) => asking(text, `train ${n}`));
const HELD_OUT = ["Three?", "Four?", HOSTILE].map((text, n) =>
  asking(text, `dev ${n}`, [ATTEMPTS[n]])[0]
);

/** The page of two algorithms over two seeds, as `finestep report` writes it. */
async function page(): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "report" });
  const path = join(folder, "runs.sqlite");
  const out = join(folder, "report.html");
  {
    using store = openStore(path);
    for (const algorithm of ["finestep", "grpo"]) {
      for (const seed of [1, 2]) storeTraining(store, algorithm, seed);
    }
  }
  const log = console.log;
  console.log = () => {};
  try {
    await report(["--store", path, "--out", out]);
  } finally {
    console.log = log;
  }
  const html = await Deno.readTextFile(out);
  await Deno.remove(folder, { recursive: true });
  return html;
}

function storeTraining(store: RunStore, algorithm: string, seed: number): void {
  const id = store.startRun({ ...runOf(algorithm), seed });
  storeEvaluation(store, id, "before", HELD_OUT.toReversed());
  for (const trainStep of [0, 1, 2]) {
    const metrics = {
      "env/ex": 0.5 + trainStep / 10,
      "env/redundant_tool_calls": 0.3,
      "env/tool_calls": 1.5,
      "env/sampled_tokens": 100,
    };
    store.addTrainStep(id, { trainStep, metrics }, recordsOf(TRAINING, { trainStep }));
  }
  storeEvaluation(store, id, "after", HELD_OUT);
  store.finishRun(id, "finished");
}

function storeEvaluation(
  store: RunStore,
  id: number,
  phase: "before" | "after",
  episodes: readonly Episode[],
): void {
  const records = recordsOf(episodes, { phase, trainStep: null });
  const judged = records.map((record, position) => {
    const verdict = verdictOf(record.episode, { id: record.episode.exampleId, difficulty: null });
    return { verdict, position, episode: record };
  });
  store.addVerdicts(id, phase, judged);
  const summary = summarize(judged.map(({ verdict }) => verdict), { seed: 1 });
  store.addMetrics(id, measuresOf(summary, phase));
}

const ids = (browser: Browser) =>
  browser.evaluate<string[]>(`[...document.querySelectorAll("nav a")].map((a) => a.hash.slice(1))`);

browserTest("the page of finestep report", page, {
  "has every section that its contents name, each with something to read": async (browser) => {
    const sections = await ids(browser);
    assert.ok(sections.length >= 6 && sections.includes("trajectories"));
    for (const id of sections) {
      const text = await browser.evaluate<string>(`document.getElementById("${id}").innerText`);
      assert.ok(text.length > 40, `${id}: ${text}`);
    }
  },

  "goes to a section by its link": async (browser) => {
    await browser.click(`nav a[href="#trajectories"]`);
    const top = await browser.evaluate<number>(
      `document.querySelector("#trajectories").getBoundingClientRect().top`,
    );
    assert.ok(top >= 0 && top < 200, `${top}`);
  },

  "shows the trajectories of both algorithms beside each other": async (browser) => {
    const attempts = await browser.evaluate<string[]>(
      `[...document.querySelectorAll("#trajectories article")].map((one) => one.innerText)`,
    );
    assert.equal(attempts.length, 2);
    assert.ok(attempts.some((text) => text.includes("grpo, seed 1")));
    assert.ok(attempts.every((text) => /advantage [+−]?\d\.\d\d/.test(text)));
  },

  "moves in the trajectories by keys only while they are in sight": async (browser) => {
    const question = () =>
      browser.evaluate(`document.querySelector("#trajectories .detail h3").textContent`);
    const first = await question();
    await browser.press("j");
    assert.equal(await question(), first);
    await browser.evaluate(`document.querySelector("#trajectories").scrollIntoView()`);
    await browser.press("j");
    assert.notEqual(await question(), first);
  },

  "takes nothing of the data for HTML": async (browser) => {
    assert.equal(await browser.evaluate("document.images.length"), 0);
    assert.equal(await browser.evaluate("window.wasRun"), undefined);
    assert.ok(
      await browser.evaluate(`document.body.innerText.includes(${JSON.stringify(HOSTILE)})`),
    );
  },

  "shows of one run beside itself what is right and wrong": async (browser) => {
    await browser.evaluate(`{
      const [before, after] = document.querySelectorAll("#questions select");
      before.value = after.value;
      before.dispatchEvent(new Event("input", { bubbles: true }));
    }`);
    const shown = await browser.evaluate<string>(
      `document.querySelector("#questions .count").textContent`,
    );
    assert.match(shown, /^\d+ right, \d+ wrong of \d+ questions\./);
    const first = await browser.evaluate<string>(`{
      const question = document.querySelector("#questions .list details");
      question.open = true;
      new Promise((resolve) => setTimeout(() => resolve(
        question.querySelector(".change").textContent + question.querySelectorAll(".answers > div").length,
      )));
    }`);
    assert.match(first, /^(✗ wrong|✓ right)1$/);
  },
  "changes between light and dark": async (browser) => {
    const ground = () => browser.evaluate("getComputedStyle(document.body).backgroundColor");
    const light = await ground();
    await browser.click("#theme");
    assert.notEqual(await ground(), light);
    await browser.click("#theme");
    assert.equal(await ground(), light);
  },

  "is nowhere wider than a phone": async (browser) => {
    await browser.resize(PHONE);
    assert.equal(await browser.evaluate("document.documentElement.scrollWidth"), PHONE.width);
  },
});
