import assert from "finestep/assert";
import fc from "fast-check";
import { PLAIN } from "../../src/reports/style.ts";
import { cellWidth, cut, filled, oneLine } from "../../src/reports/watch_text.ts";

const UNICODE = { ...PLAIN, unicode: true };
const text = fc.string({ unit: "grapheme" });
const widths = fc.integer({ min: 0, max: 30 });

Deno.test("cellWidth() counts the cells that terminals give a character", () => {
  const widths = { abc: 3, "é": 1, "e\u0301": 1, "東京": 4, "ｶ": 1, "Ａ": 2, "👍": 2, "…█": 2 };
  for (const [characters, width] of Object.entries(widths)) {
    assert.equal(cellWidth(characters), width, characters);
  }
});

Deno.test("filled() takes exactly the cells it is given, whatever the text", () => {
  fc.assert(fc.property(text, widths, (characters, width) => {
    assert.equal(cellWidth(filled(oneLine(characters), width, UNICODE)), width);
  }));
});

Deno.test("cut() keeps what fits, and says when something is missing", () => {
  fc.assert(fc.property(text, fc.integer({ min: 1, max: 30 }), (characters, width) => {
    const shown = cut(characters, width, UNICODE);
    if (cellWidth(characters) <= width) assert.equal(shown, characters);
    else assert(shown.endsWith("…") && characters.startsWith(shown.slice(0, -1)));
  }));
  assert.deepEqual(["abcd", "abc", "abcdef"].map((word) => cut(word, 2, PLAIN)), [
    "..",
    "..",
    "..",
  ]);
});

Deno.test("oneLine() lets nothing through that moves the cursor or colors the screen", () => {
  assert.equal(oneLine("a\n\tb\x1b[2Jc\u202ed\u0007 "), "a b [2Jc d");
  const anything = fc.array(fc.integer({ min: 0, max: 0xffff }))
    .map((codes) => String.fromCharCode(...codes));
  fc.assert(fc.property(anything, (characters) => {
    assert(!/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u.test(oneLine(characters)));
  }));
});
