import assert from "finestep/assert";
import fc from "fast-check";
import { mcNemar, wilsonInterval } from "../../../src/evaluation/statistics.ts";
import { assertClose, CASES } from "./golden.ts";

Deno.test("wilsonInterval() agrees with statsmodels", () => {
  // statsmodels 0.15.0: proportion_confint(successes, n, method="wilson")
  for (
    const [successes, n, low, high] of [
      [235, 287, 0.7701382116585596, 0.85907057013627],
      [7, 40, 0.0874541374603592, 0.3194999033178772],
      [0, 10, 0, 0.27753279986288926],
      [10, 10, 0.7224672001371106, 1],
      [1, 1, 0.2065493143772374, 1],
    ]
  ) {
    const interval = wilsonInterval(successes, n);
    assertClose(interval.low, low);
    assertClose(interval.high, high);
  }
});

Deno.test("wilsonInterval() says nothing without trials", () => {
  assert.deepEqual(wilsonInterval(0, 0), { low: 0, high: 1 });
});

Deno.test("wilsonInterval() holds the share, and mirrors with it", () => {
  fc.assert(fc.property(
    fc.nat(1000).chain((n) => fc.tuple(fc.nat(n), fc.constant(n + 1))),
    ([successes, n]) => {
      const { low, high } = wilsonInterval(successes, n);
      assert(0 <= low && low <= successes / n && successes / n <= high && high <= 1);
      assertClose(wilsonInterval(n - successes, n).low, 1 - high);
    },
  ));
});

Deno.test("wilsonInterval() refuses counts that cannot be", () => {
  for (const [successes, n] of [[2, 1], [-1, 3], [0.5, 1], [0, NaN]]) {
    assert.throws(() => wilsonInterval(successes, n), {
      name: "RangeError",
      message: "Cannot compute an interval as successes must be a count of at most n: " +
        `current values are ${successes} of ${n}`,
    });
  }
});

Deno.test("mcNemar() of 5 and 1 discordant questions has p = 2 (1 + 6) / 64", () => {
  assertClose(mcNemar({ gained: 5, lost: 1, n: 20 }).pValue, 14 / 64, 1e-15);
});

Deno.test("mcNemar() without discordant questions bounds the difference by z^2 / (n + z^2)", () => {
  // The likeliest share of lost questions is 0, so that n d = z sqrt(n d (1 - d)).
  const bound = 1.959963984540054 ** 2 / (30 + 1.959963984540054 ** 2);
  const { estimate, low, high, pValue } = mcNemar({ gained: 0, lost: 0, n: 30 });
  assert.deepEqual([estimate, pValue], [0, 1]);
  assertClose(low, -bound);
  assertClose(high, bound);
});

Deno.test("mcNemar() says nothing without questions", () => {
  const nothing = { estimate: 0, low: -1, high: 1, pValue: 1 };
  assert.deepEqual(mcNemar({ gained: 0, lost: 0, n: 0 }), nothing);
});

Deno.test("mcNemar() agrees with statsmodels, and with Tango's definition", () => {
  for (const { low, high, pValue, ...counts } of CASES.paired) {
    const found = mcNemar(counts);
    assertClose(found.low, low);
    assertClose(found.high, high);
    assertClose(found.pValue, pValue);
    assert(Math.abs(found.pValue / pValue - 1) < 1e-9, `p-value of ${JSON.stringify(counts)}`);
  }
});

Deno.test("mcNemar() of a million to none has p = 0, and of two equal millions 1", () => {
  assert.equal(mcNemar({ gained: 1e6, lost: 0, n: 1e6 }).pValue, 0);
  assert.equal(mcNemar({ gained: 1e6, lost: 1e6, n: 2e6 }).pValue, 1);
});

const COUNTS = fc.tuple(fc.nat(60), fc.nat(60), fc.nat(200))
  .map(([gained, lost, agreed]) => ({ gained, lost, n: gained + lost + agreed }));

Deno.test("mcNemar() holds the difference, and turns around with the systems", () => {
  fc.assert(fc.property(COUNTS, ({ gained, lost, n }) => {
    const { estimate, low, high, pValue } = mcNemar({ gained, lost, n });
    assert(-1 <= low && low <= estimate && estimate <= high && high <= 1);
    assert(0 < pValue && pValue <= 1);
    const back = mcNemar({ gained: lost, lost: gained, n });
    assertClose(back.low, -high);
    assertClose(back.high, -low);
    assert.equal(back.pValue, pValue);
  }));
});

Deno.test("mcNemar() leaves 0 out of its interval where McNemar's z is beyond 1.96", () => {
  fc.assert(fc.property(COUNTS, (counts) => {
    const { low, high } = mcNemar(counts);
    const z = Math.abs(counts.gained - counts.lost) / Math.sqrt(counts.gained + counts.lost || 1);
    assert.equal(low > 0 || high < 0, z > 1.959963984540054);
  }));
});

Deno.test("mcNemar() refuses counts that cannot be", () => {
  for (const [gained, lost, n] of [[2, 1, 2], [-1, 0, 3], [0.5, 0, 3], [0, 0, NaN]]) {
    assert.throws(() => mcNemar({ gained, lost, n }), {
      name: "RangeError",
      message:
        "Cannot compare two systems as gained and lost must be counts of at most n in all: " +
        `current values are ${gained} and ${lost} of ${n}`,
    });
  }
});
