import assert from "finestep/assert";
import { looksOf } from "../../src/pages/chart.ts";
import { curvePoints, curvesSection } from "../../src/pages/curves.ts";
import { tagsOf } from "./html.ts";
import { aTraining } from "./reports.ts";

Deno.test("curvePoints() averages the last five train steps of each seed, then the seeds", () => {
  const trainings = [
    aTraining("grpo", 1, [0, 0, 0, 0, 0, 1]),
    aTraining("grpo", 2, [1, 1, 1, 1, 1, 1]),
  ];
  const points = curvePoints(trainings, "env/ex");
  assert.deepEqual(points.map(({ x }) => x), [1, 2, 3, 4, 5, 6]);
  // Of the first seed a fifth is right at last.
  assert.deepEqual(points.map(({ value }) => value.toFixed(6)), [
    ...new Array(5).fill("0.500000"),
    "0.600000",
  ]);
  assert(points.every(({ low, high, seeds }) => low! < 0.5 && high! > 0.5 && seeds === 2));
});

Deno.test("curvePoints() ends where the first seed of a variant ends", () => {
  const points = curvePoints([aTraining("a", 1, [0.5, 0.5]), aTraining("a", 2, [1])], "env/ex");
  assert.deepEqual(points.map(({ x, value }) => [x, value]), [[1, 0.75]]);
});

Deno.test("curvePoints() by tokens draws lines between the steps of seeds that sample unlike much", () => {
  // At 100, 200 and 300 tokens, and at 200, 400 and 600.
  const slow = aTraining("a", 1, [0, 1, 2], 100);
  const fast = aTraining("a", 2, [0, 1, 2], 200);
  const points = curvePoints([slow, fast], "env/ex", "tokens");
  assert.deepEqual(points.map(({ x }) => x), [200, 250, 300]);
  // The means over steps are 0, 0.5 and 1.
  assert.deepEqual(points.map(({ value }) => value), [0.25, (0.75 + 0.125) / 2, 0.625]);
});

Deno.test("curvePoints() of one seed have no band", () => {
  const [{ low, high }] = curvePoints([aTraining("a", 1, [0.5])], "env/ex");
  assert.deepEqual([low, high], [null, null]);
});

Deno.test("curvesSection() draws what has a name for who cannot see, in the page's colours alone", async () => {
  const { html } = (await curvesSection(
    [aTraining("a", 1, [0.1, 0.2]), aTraining("b", 1, [0.2, 0.3])],
    looksOf(["a", "b"]),
  ))!;
  const tags = tagsOf(html);
  const images = tags.filter(({ attributes }) => attributes.get("role") === "img");
  assert.equal(images.length, 6);
  assert(images.every(({ attributes }) => attributes.get("aria-label")!.length > 20));
  const colours = tags.flatMap(({ attributes }) =>
    ["fill", "stroke"].flatMap((name) => attributes.get(name) ?? [])
  );
  assert.deepEqual(
    colours.filter((colour) => !/^(none|transparent|var\(--[\w-]+\))$/.test(colour)),
    [],
  );
  // Lines differ by dashes too.
  const dashes = tags.map(({ attributes }) => attributes.get("stroke-dasharray")).filter(Boolean);
  assert(dashes.length > 0);
});

Deno.test("curvesSection() is none where nothing was trained", async () => {
  assert.equal(await curvesSection([], []), null);
});

Deno.test("curvesSection() leaves out demonstrations, which are right by themselves", async () => {
  assert.equal(await curvesSection([aTraining("sft", 1, [1, 1])], looksOf(["sft"])), null);
});

Deno.test("curvesSection() draws bands from three seeds on", async () => {
  const bandsOf = async (seeds: readonly number[]) => {
    const trainings = seeds.map((seed) => aTraining("a", seed, [0.1 * seed, 0.2]));
    const { html } = (await curvesSection(trainings, looksOf(["a"])))!;
    return html.split("mark-area").length - 1;
  };
  assert.equal(await bandsOf([1, 2]), 0);
  assert(await bandsOf([1, 2, 3]) >= 6);
});
