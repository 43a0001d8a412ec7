import assert from "finestep/assert";
import { createHash } from "node:crypto";
import { meanAndSd } from "../../src/evaluation/statistics.ts";
import { reportPage } from "../../src/pages/report_page.ts";
import type { Report } from "../../src/pages/report.ts";
import { dataOf, scriptsOf, type Tag, tagsOf, textOf } from "./html.ts";
import { anExam, aReport, aTraining, attempted, twoAlgorithms } from "./reports.ts";

/** What models, data sets and users may write. */
const HOSTILE = [
  `</script><script>alert(1)</script>`,
  `<img src=x onerror="alert('x')">`,
  `"'><!-- ]]> &lt; &amp;amp; \\u003c`,
  "\u202Eright to left \u05D0\u05D1\u05D2 \u{1F600}",
].join("\n");

/** FineStep against GRPO. */
const REPORT = twoAlgorithms();
const PAGE = await reportPage(REPORT);

/** Sections of a page, by their ids. */
const sections = (tags: readonly Tag[]) =>
  tags.filter(({ name }) => name === "section").map(({ attributes }) => attributes.get("id"));

Deno.test("reportPage() has all sections, each in the contents", () => {
  const tags = tagsOf(PAGE);
  const ids = ["headline", "leaderboard", "curves", "plane", "breakdowns", "questions", "runs"];
  assert.deepEqual(sections(tags), ids);
  const links = tags.filter(({ name }) => name === "a").map(({ attributes }) =>
    attributes.get("href")
  );
  assert.deepEqual(links, ["#content", ...ids.map((id) => `#${id}`)]);
});

Deno.test("reportPage() refers to nothing outside of the file", () => {
  for (const { name, attributes } of tagsOf(PAGE)) {
    assert(!["img", "link", "iframe", "object", "embed", "base"].includes(name), name);
    for (const attribute of ["src", "srcset", "xlink:href", "action", "data", "style"]) {
      assert(!attributes.has(attribute), `${name} has ${attribute}`);
    }
    assert.match(attributes.get("href") ?? "#", /^#/);
  }
  assert.doesNotMatch(
    PAGE,
    /https?:|url\(|@import|\bfetch\(|XMLHttpRequest|WebSocket|localStorage/,
  );
});

Deno.test("reportPage() allows its own scripts and styles by their hashes and nothing else", () => {
  const policy = tagsOf(PAGE).find(({ attributes }) =>
    attributes.get("http-equiv") === "Content-Security-Policy"
  )!.attributes.get("content")!;
  const hashOf = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
  const hashes = scriptsOf(PAGE).map(hashOf);
  assert.equal(hashes.length, 2);
  const [, style] = /<style>([^]*?)<\/style>/.exec(PAGE)!;
  assert.deepEqual(policy.split("; "), [
    "default-src 'none'",
    `style-src ${hashOf(style)}`,
    `script-src ${hashes.join(" ")}`,
    "base-uri 'none'",
    "form-action 'none'",
  ]);
});

Deno.test("reportPage() has the same elements whatever its texts say", async () => {
  const names = async (text: string) => {
    const page = await reportPage(withTexts(text));
    return { page, tags: tagsOf(page).map(({ name }) => name) };
  };
  const [plain, hostile] = [await names("plain"), await names(HOSTILE)];
  assert.deepEqual(hostile.tags, plain.tags);
  assert.deepEqual(scriptsOf(hostile.page), scriptsOf(plain.page));
});

Deno.test("reportPage() keeps texts as they are", async () => {
  const page = await reportPage(withTexts(HOSTILE));
  const { texts, exams } = dataOf(page, "questions") as {
    texts: string[];
    exams: { questions: { question: number; gold: number }[] }[];
  };
  const [{ question, gold }] = exams[0].questions;
  assert.equal(texts[question], HOSTILE);
  assert.equal(texts[gold], HOSTILE);
  assert(textOf(page).includes(HOSTILE.replace(/\s+/g, " ")));
});

Deno.test("reportPage() shows the measures as they are stored", () => {
  const [{ attempted: runs }] = REPORT.exams;
  const values = runs.filter(({ variant }) => variant === "grpo")
    .map(({ measures }) => measures.get("redundant_tool_calls")!.value);
  const { mean, sd } = meanAndSd(values);
  const text = textOf(PAGE);
  // 11 of 23 calls, with both seeds.
  assert.equal((100 * mean).toFixed(1), "47.8");
  assert(text.includes(`47.8 ± ${(100 * sd!).toFixed(1)} (47.8 to 47.8)`));
  assert(text.includes("finestep answers 75.0 % of the questions right"));
});

Deno.test("reportPage() gives a name one look in all charts, in whatever order runs were made", async () => {
  const exams = [anExam(["b", "a"].map((name) => attempted(name, 1, { right: 6 })))];
  const trainings = ["c", "b", "a"].map((name) => aTraining(name, 1, [0.2, 0.4]));
  const page = await reportPage(aReport({ exams, trainings }));
  const looks = Array.from(
    page.matchAll(/<li><svg[^>]*><g fill="([^"]*)"[^]*?<\/svg> (\w)/g),
    ([, color, name]) => `${name} ${color}`,
  );
  // The curves have three, the points two of them.
  assert.equal(looks.length, 5);
  assert.equal(new Set(looks).size, 3);
});

Deno.test("reportPage() shows no interval beyond what is possible", async () => {
  const exams = [anExam([1, 12].map((right, seed) => attempted("a", seed, { right })))];
  const page = textOf(await reportPage(aReport({ exams })));
  assert.match(page, /54\.2 ± 64\.8 \(0\.0 to 100\.0\)/);
});

Deno.test("reportPage() decides by the rules, and says that dev and few seeds do not count", () => {
  const text = textOf(PAGE);
  assert.match(text, /finestep: fewer redundant calls at no loss of EX ✓ supported as sampled/);
  assert.match(text, /finestep: more EX ✗ not supported greedy/);
  assert.match(
    text,
    /do not decide yet: this is dev, .*; there are 2 seeds where the rules ask for 5\./,
  );
});

Deno.test("reportPage() has no reservation on test with five seeds", async () => {
  const text = textOf(await reportPage(twoAlgorithms({ seeds: 5, split: "test" })));
  assert.match(text, /✓ supported/);
  assert.doesNotMatch(text, /do not decide yet/);
});

Deno.test("reportPage() leaves claims without an exam of their form undecided", async () => {
  const { exams: [greedy] } = REPORT;
  const text = textOf(await reportPage(aReport({ exams: [greedy] })));
  assert.match(text, /fewer redundant calls at no loss of EX no such exam/);
});

Deno.test("reportPage() of one run says that there is nothing to compare", async () => {
  const page = await reportPage(aReport({
    exams: [anExam([attempted("dapo", 1, { right: 3, changes: { calls: [] } })])],
  }));
  assert.match(
    textOf(page),
    /dapo answers 25\.0 % of the questions right \(EX\), and calls no tool\. There is nothing here to compare/,
  );
  // No training and no tool call: no curves, no plane.
  assert.deepEqual(sections(tagsOf(page)), [
    "headline",
    "leaderboard",
    "breakdowns",
    "questions",
    "runs",
  ]);
});

Deno.test("reportPage() compares no redundancy where nobody calls a tool", async () => {
  const calls: never[] = [];
  const exams = [anExam([
    attempted("finestep", 1, { right: 6, changes: { calls } }),
    attempted("grpo", 1, { right: 3, changes: { calls } }),
  ])];
  const text = textOf(await reportPage(aReport({ exams })));
  assert.match(
    text,
    /and calls no tool\. Compared with grpo, EX is 25\.0 points higher \([^)]*\)\./,
  );
});

Deno.test("reportPage() takes two runs with different questions for two exams", async () => {
  const other = attempted("grpo", 1, { right: 4 });
  const exams = [
    anExam([attempted("finestep", 1, { right: 6 })]),
    { ...anExam([other]), name: "rail dev, greedy" },
  ];
  const text = textOf(await reportPage(aReport({ exams })));
  assert.match(text, /shop dev, greedy: finestep answers 50\.0 % .* nothing here to compare/);
  assert.match(text, /rail dev, greedy: grpo answers 33\.3 % .* nothing here to compare/);
});

Deno.test("reportPage() puts more sections before what the page rests on", async () => {
  const more = { id: "more", title: "More", html: "<p>more</p>" };
  const ids = sections(
    tagsOf(await reportPage(aReport({ exams: REPORT.exams.slice(0, 1) }), [more])),
  );
  assert.deepEqual(ids.slice(-3), ["questions", "more", "runs"]);
});

Deno.test("reportPage() refuses a report without an exam", async () => {
  await assert.rejects(
    () => reportPage(aReport({})),
    {
      name: "RangeError",
      message: "Cannot make a report as it must have an evaluation: there is none",
    },
  );
});

/** A report in which every text that comes from outside is the same. */
function withTexts(text: string): Report {
  const changes = { goldSql: text, predictedSql: text, databaseId: text, message: text };
  const exam = anExam([
    attempted(text, 1, { right: 5, changes }),
    attempted("grpo", 1, { right: 4, changes }),
  ]);
  const texts = new Map([["0", { question: text, evidence: text }]]);
  const { runs: [run], trainings } = REPORT;
  return aReport({
    exams: [{ ...exam, name: text }],
    questions: new Map([[text, texts]]),
    runs: [{ ...run, command: text, commit: text, algorithm: text }],
    trainings: trainings.map((training) => ({ ...training, variant: text })),
  });
}
