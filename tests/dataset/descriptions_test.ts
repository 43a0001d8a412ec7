import assert from "finestep/assert";
import { decodedText, parseDescriptions } from "../../src/dataset/descriptions.ts";

const HEADER = "original_column_name,column_name,column_description,data_format,value_description";

Deno.test("decodedText() reads UTF-8 with and without a byte order mark", () => {
  assert.equal(decodedText(Uint8Array.of(0xef, 0xbb, 0xbf, 0xc3, 0xa9)), "é");
  assert.equal(decodedText(Uint8Array.of(0xc3, 0xa9)), "é");
});

Deno.test("decodedText() reads bytes that are not UTF-8 as windows-1252", () => {
  assert.equal(decodedText(Uint8Array.of(0x95, 0x20, 0xe9)), "• é");
});

Deno.test("parseDescriptions() joins what a column and its values mean", () => {
  const csv = `${HEADER}\r\nSex ,,the sex,text,"F: female\r\nM: male"\r\nid,,the id,integer,\r\n`;
  assert.deepEqual(
    parseDescriptions(csv, "patient.csv"),
    new Map([["sex", "the sex; F: female M: male"], ["id", "the id"]]),
  );
});

Deno.test("parseDescriptions() accepts short rows, long rows, blank rows and stray quotes", () => {
  const csv =
    `${HEADER},,\nid,,the "id"\n\n,,nothing,,\nname,,the name,text,any,,,\nempty,,,text,\n`;
  assert.deepEqual(
    parseDescriptions(csv, "t.csv"),
    new Map([["id", 'the "id"'], ["name", "the name; any"]]),
  );
});

Deno.test("parseDescriptions() drops the remains of broken encodings", () => {
  const csv = `${HEADER}\nkind,,kind,text,"\ufffd\u0095A: a\u0000b"\n`;
  assert.equal(parseDescriptions(csv, "t.csv").get("kind"), "kind; A: a b");
});

Deno.test("parseDescriptions() finds columns by the header's names, not their order", () => {
  const csv = "Column_Description,Original_Column_Name\nthe id,id\n";
  assert.equal(parseDescriptions(csv, "t.csv").get("id"), "the id");
});

Deno.test("parseDescriptions() refuses a file without the header", () => {
  assert.throws(() => parseDescriptions("a,b\n1,2\n", "t.csv"), {
    name: "SyntaxError",
    message: 'Cannot read t.csv as its header must name "original_column_name": found a,b',
  });
  assert.throws(() => parseDescriptions("", "t.csv"), SyntaxError);
});

Deno.test("parseDescriptions() refuses a quote that is never closed", () => {
  assert.throws(() => parseDescriptions(`${HEADER}\nid,,"the id,integer,\n`, "t.csv"), {
    name: "SyntaxError",
    message: /^Cannot read t\.csv as it must be CSV: .*line 2/,
  });
});
