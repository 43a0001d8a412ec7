/**
 * Puts examples into docs/formats.md, between its markers: four questions of fixtures/minibird are
 * evaluated and exported in every form.
 *
 * Run with `deno task formats`. Times and the commit differ from one run to the next.
 *
 * @module
 */

import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const PAGE = join(ROOT, "docs", "formats.md");

/** Right, right but for its duplicates, wrong, and refused. */
const ANSWERS = (gold: readonly string[]) => [
  gold[0],
  `${gold[1]} UNION ALL ${gold[1]}`,
  "SELECT 1",
  "DROP TABLE show",
];

const EVALUATE = ["eval", "--data", "minibird", "--predictions", "answers.json", "--limit", "4"];

const EVERY_EVAL_EVER = [
  ...["--out", "exported", "--model-id", "some-lab/some-model"],
  ...["--organization", "Some University", "--data-url", "https://example.org/minibird"],
];

/** Lines that an example shows at most. */
const SHOWN = 24;

/** Runs `finestep` in a folder, and gives what it prints. */
async function finestep(cwd: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-all", join(ROOT, "main.ts"), ...args],
    cwd,
    stdout: "piped",
    stderr: "piped",
  }).output();
  if (success) return new TextDecoder().decode(stdout);
  throw new Error(
    `Cannot make an example as finestep ${args.join(" ")} must succeed: ${
      new TextDecoder().decode(stderr)
    }`,
  );
}

/** The examples by the name of their marker. */
async function examples(folder: string): Promise<Record<string, string>> {
  await Deno.symlink(join(ROOT, "fixtures", "minibird"), join(folder, "minibird"));
  const questions = JSON.parse(await Deno.readTextFile(join(folder, "minibird", "dev.json")));
  const gold = questions.map(({ SQL }: { SQL: string }) => SQL);
  await Deno.writeTextFile(join(folder, "answers.json"), JSON.stringify(ANSWERS(gold)));
  await finestep(folder, ...EVALUATE);
  const formats = ["json", "jsonl", "csv", "markdown", "official", "verdicts"];
  const texts: Record<string, string> = {};
  for (const format of formats) {
    texts[format] = await finestep(folder, "export", "1", "--format", format);
  }
  const paths = await finestep(
    folder,
    ...["export", "1", "--format", "every-eval-ever", ...EVERY_EVAL_EVER],
  );
  const [aggregate, samples] = await Promise.all(
    paths.trimEnd().split("\n").map((path) => Deno.readTextFile(join(folder, path))),
  );
  return { ...texts, aggregate, samples: samples.split("\n").slice(0, 2).join("\n") };
}

/** The page with an example at each marker. */
export function filled(page: string, texts: Readonly<Record<string, string>>): string {
  return page.replace(
    /<!-- (\w+) -->[^]*?<!-- \/\1 -->/g,
    (_, name) =>
      `<!-- ${name} -->\n\n\`\`\`text\n${shown(texts[name])}\n\`\`\`\n\n<!-- /${name} -->`,
  );
}

function shown(text: string): string {
  const lines = text.trimEnd().split(/\r?\n/);
  return [...lines.slice(0, SHOWN), ...lines.length > SHOWN ? ["..."] : []].join("\n");
}

if (import.meta.main) {
  const folder = await Deno.makeTempDir({ prefix: "finestep" });
  try {
    const page = await Deno.readTextFile(PAGE);
    await Deno.writeTextFile(PAGE, filled(page, await examples(folder)));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
