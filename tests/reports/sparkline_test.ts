import assert from "finestep/assert";
import fc from "fast-check";
import { sparkline } from "../../src/reports/sparkline.ts";
import { PLAIN } from "../../src/reports/style.ts";

const UNICODE = { ...PLAIN, unicode: true };
const LEVELS = "▁▂▃▄▅▆▇█";

const anyNumber = fc.double();
const series = fc.array(anyNumber, { maxLength: 300 });
const widths = fc.integer({ min: 1, max: 100 });

Deno.test("sparkline() has one sign a value, and `width` signs of more values", () => {
  fc.assert(fc.property(series, widths, (values, width) => {
    assert.equal([...sparkline(values, width, UNICODE)].length, Math.min(values.length, width));
  }));
});

Deno.test("sparkline() leaves a gap where, and only where, a value is not finite", () => {
  fc.assert(fc.property(series, (values) => {
    const signs = [...sparkline(values, values.length, UNICODE)];
    assert.deepEqual(signs.map((sign) => sign !== " "), values.map(Number.isFinite));
    assert(signs.every((sign) => sign === " " || LEVELS.includes(sign)));
  }));
});

Deno.test("sparkline() keeps the order of values, from the lowest sign to the fullest", () => {
  const different = fc.uniqueArray(fc.double({ noNaN: true, noDefaultInfinity: true }), {
    minLength: 2,
    maxLength: 40,
    comparator: (a, b) => a === b,
  });
  fc.assert(fc.property(different, (values) => {
    const sorted = values.toSorted((a, b) => a - b);
    const heights = [...sparkline(sorted, 40, UNICODE)].map((sign) => LEVELS.indexOf(sign));
    assert.deepEqual(heights, heights.toSorted((a, b) => a - b));
    // Numbers so near zero that halves of them are equal have no height of their own.
    if (sorted.at(-1)! / 2 > sorted[0] / 2) assert.deepEqual([heights[0], heights.at(-1)], [0, 7]);
  }));
});

Deno.test("sparkline() is the same in another unit and from another origin", () => {
  const values = [3, 1, 4, 1, 5, 9, 2, 6];
  const line = sparkline(values, 8, UNICODE);
  assert.equal(line, "▃▁▄▁▅█▂▅");
  assert.equal(sparkline(values.map((x) => 1000 * x - 7), 8, UNICODE), line);
});

Deno.test("sparkline() shows a series without changes at half height, also of one value", () => {
  assert.equal(sparkline([0, 0, NaN, 0], 9, UNICODE), "▄▄ ▄");
  assert.equal(sparkline([-1e300], 9, UNICODE), "▄");
  assert.equal(sparkline([NaN, NaN], 9, UNICODE), "  ");
  assert.equal(sparkline([], 9, UNICODE), "");
});

Deno.test("sparkline() shows means of bins of thousands of values", () => {
  // Each bin of 1000 has a mean of its own, and noise around it that is greater than the difference.
  const values = Array.from({ length: 8000 }, (_, i) => Math.floor(i / 1000) + (i % 2 ? 50 : -50));
  assert.equal(sparkline(values, 8, UNICODE), LEVELS);
  const gaps = values.map((value, i) => i < 2000 || i % 3 === 0 ? NaN : value);
  assert.match(sparkline(gaps, 8, UNICODE), /^ {2}▁.*█$/);
});

Deno.test("sparkline() has the scale of the greatest numbers", () => {
  const { MAX_VALUE } = Number;
  assert.equal(sparkline([-MAX_VALUE, 0, MAX_VALUE], 3, UNICODE), "▁▅█");
  assert.equal(sparkline([MAX_VALUE, MAX_VALUE, -MAX_VALUE, -MAX_VALUE], 2, UNICODE), "█▁");
});
