/**
 * Puts recorded output into the README, between its markers: `<!-- speed -->` gets
 * `results/speed.txt`, and so on. The first line of each file is the command that made it.
 *
 * Run with `deno task readme`.
 *
 * @module
 */

const README = new URL("../README.md", import.meta.url);
const RESULTS = new URL("../results/", import.meta.url);

/** The text with the recorded output of each marker that there is a file for. */
async function filled(text: string): Promise<string> {
  for (const [, name] of text.matchAll(/<!-- (\w[\w ]*) -->/g)) {
    const path = new URL(`${name.replaceAll(" ", "_")}.txt`, RESULTS);
    const recorded = (await Deno.readTextFile(path)).trimEnd();
    const block = new RegExp(`<!-- ${name} -->[^]*<!-- /${name} -->`);
    const content = `<!-- ${name} -->\n\n\`\`\`\n${recorded}\n\`\`\`\n\n<!-- /${name} -->`;
    text = text.replace(block, () => content);
  }
  return text;
}

await Deno.writeTextFile(README, await filled(await Deno.readTextFile(README)));
