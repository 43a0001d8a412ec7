/**
 * What the place that a report is printed to can show.
 *
 * @module
 */

/** A terminal shows all of it; a file or a pipe gets plain ASCII. */
export interface Style {
  /** Whether lines and signs beyond ASCII may be used. */
  readonly unicode: boolean;
  readonly color: boolean;
  /** Whether tables are written in Markdown. */
  readonly markdown?: boolean;
}

/** For files, pipes and tests. */
export const PLAIN: Style = { unicode: false, color: false };

/** For README files and pull requests. */
export const MARKDOWN: Style = { unicode: true, color: false, markdown: true };

const CODES = { bold: 1, red: 31, green: 32 };

/** The text in a color, where there are colors. */
export function colored(text: string, color: keyof typeof CODES, style: Style): string {
  return style.color ? `\x1b[${CODES[color]}m${text}\x1b[0m` : text;
}
