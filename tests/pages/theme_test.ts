import assert from "finestep/assert";
import { COLOURS } from "../../src/pages/theme.ts";

const TEXT = ["--ink", "--muted", "--accent", "--good", "--bad", "--warn"];
const GROUNDS = ["--ground", "--panel", "--code-ground"];

Deno.test("COLOURS keep a contrast of 4.5 between text and grounds, in light and dark", () => {
  for (const scheme of [0, 1] as const) {
    for (const text of TEXT) {
      for (const ground of GROUNDS) {
        const contrast = contrastOf(COLOURS[text][scheme], COLOURS[ground][scheme]);
        assert.ok(contrast >= 4.5, `${text} on ${ground}: ${contrast.toFixed(2)}`);
      }
    }
  }
});

/** Contrast ratio of WCAG 2.2. */
function contrastOf(a: string, b: string): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

function luminance(colour: string): number {
  const [r, g, b] = [1, 3, 5].map((start) => {
    const value = parseInt(colour.slice(start, start + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
