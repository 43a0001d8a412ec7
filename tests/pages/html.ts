/**
 * What a page consists of, read strictly: any text that passed for a tag would be found.
 *
 * @module
 */

import assert from "finestep/assert";

/** An element's start. */
export interface Tag {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
}

const VOID = new Set(["meta", "input", "br", "img"]);
const TAG = /<(\/?)([a-zA-Z][\w-]*)((?:\s+[\w:-]+(?:="[^"]*")?)*)\s*(\/?)>/y;
const ATTRIBUTE = /([\w:-]+)(?:="([^"]*)")?/g;

/**
 * All elements in order, after checking that each is closed in its place and that no other `<` is there.
 * What is inside of script and style elements is left out.
 */
export function tagsOf(page: string): Tag[] {
  const text = page
    .replace(/^<!doctype html>/, "")
    .replace(/(<(script|style)\b[^>]*>)[^]*?(<\/\2>)/g, "$1$3");
  const tags: Tag[] = [];
  const open: string[] = [];
  for (let place = text.indexOf("<"); place !== -1; place = text.indexOf("<", TAG.lastIndex)) {
    TAG.lastIndex = place;
    const match = TAG.exec(text);
    assert(match, `no tag: ${text.slice(place, place + 80)}`);
    const [, slash, name, attributes, selfClosing] = match;
    if (slash) assert.equal(name, open.pop(), text.slice(place - 80, place + 80));
    else {
      tags.push({ name, attributes: attributesOf(attributes) });
      if (!selfClosing && !VOID.has(name)) open.push(name);
    }
  }
  assert.deepEqual(open, []);
  return tags;
}

/** The text of a page without its tags, with entities decoded and spaces joined. */
export function textOf(page: string): string {
  return decoded(
    page.replace(/<(script|style)\b[^>]*>[^]*?<\/\1>/g, "").replace(/<[^>]*>/g, " "),
  ).replace(/\s+/g, " ");
}

/** The scripts that a browser would run. */
export function scriptsOf(page: string): string[] {
  return Array.from(page.matchAll(/<script>([^]*?)<\/script>/g), ([, script]) => script);
}

/** The JSON that a section brought with it. */
export function dataOf(page: string, id: string): unknown {
  const start = `<script type="application/json" id="${id}-data">`;
  const from = page.indexOf(start) + start.length;
  return JSON.parse(page.slice(from, page.indexOf("</script>", from)));
}

function attributesOf(text: string): Map<string, string> {
  return new Map(
    Array.from(text.matchAll(ATTRIBUTE), ([, name, value = ""]) => [name, decoded(value)]),
  );
}

function decoded(text: string): string {
  const names: Readonly<Record<string, string>> = {
    amp: "&",
    lt: "<",
    gt: ">",
    quot: '"',
    "#39": "'",
  };
  return text.replace(/&(amp|lt|gt|quot|#39);/g, (_, name) => names[name]);
}
