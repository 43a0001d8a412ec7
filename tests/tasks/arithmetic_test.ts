import assert from "finestep/assert";
import fc from "fast-check";
import {
  ArithmeticError,
  expressionText,
  fractionText,
  parsedExpression,
  valueOf,
} from "../../src/tasks/arithmetic.ts";
import { normalizedSql } from "../../src/sandbox/sql_text.ts";

const value = (text: string) => fractionText(valueOf(parsedExpression(text)));

const VALUES: Readonly<Record<string, string>> = {
  "2 + 3 * 4": "14",
  "(2 + 3) * 4": "20",
  "10 - 4 - 3": "3",
  "100 / 5 / 2": "10",
  "-3 * -(2 - 4)": "-6",
  "1 / 3 + 1 / 6": "1/2",
  "0.1 + 0.2": "3/10",
  "7 / -2": "-7/2",
  "99999999999999999999 + 1": "100000000000000000000",
};

for (const [text, expected] of Object.entries(VALUES)) {
  Deno.test(`valueOf() of ${text} is ${expected}`, () => assert.equal(value(text), expected));
}

const BAD: Readonly<Record<string, RegExp>> = {
  "": /^not arithmetic/,
  "1 +": /^not arithmetic/,
  "(1 + 2": /^not arithmetic/,
  "1 2": /^not arithmetic/,
  "1)": /^not arithmetic/,
  "2 ** 3": /^not arithmetic/,
  "1e9": /^not arithmetic/,
  "Deno.exit()": /^not arithmetic/,
  "SELECT 1": /^not arithmetic/,
  "1 + .5": /^not arithmetic/,
  "constructor": /^not arithmetic/,
  "1 / (3 - 3)": /^division by zero$/,
  [`${"1 + ".repeat(60)}1`]: /^longer than 200 characters$/,
  [`${"(".repeat(90)}1${")".repeat(90)}`]: /^deeper than 20 parentheses$/,
  [`${"-".repeat(150)}1`]: /^deeper than 20 parentheses$/,
};

for (const [text, message] of Object.entries(BAD)) {
  Deno.test(`An ArithmeticError says what is wrong with "${text.slice(0, 20)}"`, () => {
    assert.throws(() => value(text), { name: "ArithmeticError", message });
  });
}

Deno.test("parsedExpression() ends at once on any text, with a tree or an ArithmeticError", () => {
  const unit = fc.constantFrom(..."0123456789.+-*/() x\n");
  fc.assert(fc.property(fc.string({ unit, maxLength: 220 }), (text) => {
    try {
      parsedExpression(text);
    } catch (error) {
      assert(error instanceof ArithmeticError);
    }
  }));
});

/** Texts of expressions with small whole numbers, fully in parentheses. */
const nested = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.nat(99).map(String),
    fc.tuple(tie("expression"), fc.constantFrom("+", "-", "*"), tie("expression"))
      .map(([a, operator, b]) => `(${a}${operator}${b})`),
    tie("expression").map((inner) => `(-${inner})`),
  ),
})).expression.filter((text) => text.length <= 100);

Deno.test("valueOf() agrees with BigInt's own arithmetic", () => {
  fc.assert(fc.property(nested, (text) => {
    const bigints = text.replaceAll(/\d+/g, "$&n");
    assert.equal(value(text), String(new Function(`return ${bigints}`)()));
  }));
});

Deno.test("expressionText() is one spelling: it reads as itself, and keeps the value", () => {
  fc.assert(fc.property(nested, (text) => {
    const spelling = expressionText(parsedExpression(text));
    assert.equal(expressionText(parsedExpression(spelling)), spelling);
    assert.equal(value(spelling), value(text));
  }));
});

Deno.test("expressionText() holds no comment of SQL, so that queries compare as a whole", () => {
  for (const [a, b] of [["5 - -3", "5 - -4"], ["-(-3)", "-(-4)"], ["5--3", "5--4"]]) {
    const [left, right] = [a, b].map((text) => expressionText(parsedExpression(text)));
    assert.notEqual(normalizedSql(left), normalizedSql(right));
  }
});
