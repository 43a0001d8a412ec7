/**
 * The page's colours, as CSS variables for light and dark.
 *
 * Each colour is declared once for both schemes. The scheme is the reader's system's, unless the
 * page's button sets `data-theme` on the root. Text colours have a contrast of at least 4.5 on
 * `--ground` and on `--panel` (tests/pages/theme_test.ts computes it).
 *
 * @module
 */

/** Names and values in light and dark, as `#rrggbb`. */
export const COLOURS: Readonly<Record<string, readonly [light: string, dark: string]>> = {
  "--ground": ["#ffffff", "#14171c"],
  "--panel": ["#f5f6f8", "#1d2128"],
  "--ink": ["#1b1f24", "#e4e7eb"],
  "--muted": ["#59636e", "#a0a9b4"],
  "--line": ["#d5dae0", "#363d47"],
  "--accent": ["#0057b0", "#79b4ff"],
  // Blue and orange rather than green and red, so that they differ for every kind of colour vision.
  "--good": ["#00609c", "#67b7ee"],
  "--bad": ["#a84300", "#f5934f"],
  "--warn": ["#7a5a00", "#e3bb45"],
  "--code-ground": ["#eef0f3", "#252a32"],
  // Of lines and points in charts: after Okabe and Ito (2008, "Color universal design"), with a contrast of 3.
  "--series-1": ["#0072b2", "#56b4e9"],
  "--series-2": ["#d55e00", "#f5934f"],
  "--series-3": ["#007a5a", "#2fc79b"],
  "--series-4": ["#a8488c", "#e29ac3"],
  "--series-5": ["#8a6d00", "#e3bb45"],
  "--series-6": ["#5a5f66", "#b4bbc4"],
};

/** The variables' declarations and the switch between schemes. */
export const THEME_CSS = `:root {
  color-scheme: light dark;
${
  Object.entries(COLOURS)
    .map(([name, [light, dark]]) => `  ${name}: light-dark(${light}, ${dark});`)
    .join("\n")
}
}
:root[data-theme="light"] { color-scheme: light; }
:root[data-theme="dark"] { color-scheme: dark; }
@media print { :root { color-scheme: light; } }
`;
