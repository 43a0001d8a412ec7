import assert from "finestep/assert";
import { sqlPrompt } from "../../../src/tasks/sql_prompt.ts";
import { askedIn } from "../../../src/pages/trajectories/asked.ts";

const COLUMN = {
  name: "question: id",
  type: "INTEGER",
  description: "evidence: none",
  exampleValues: ["1"],
  isPrimaryKey: true,
  references: null,
};
const EXAMPLE = {
  id: "1",
  database: { id: "shop", path: "", tables: [{ name: "t", columns: [COLUMN] }] },
  question: "How many?",
  evidence: "many is above 3",
  goldSql: "SELECT 1",
  difficulty: null,
};

for (const template of ["compact", "full"] as const) {
  Deno.test(`askedIn() finds what the ${template} prompt asks`, () => {
    const { question, evidence } = EXAMPLE;
    assert.deepEqual(askedIn(sqlPrompt(EXAMPLE, template)), { question, evidence });
    const bare = { ...EXAMPLE, evidence: "" };
    assert.deepEqual(askedIn(sqlPrompt(bare, template)), { question, evidence: "" });
  });
}

Deno.test("askedIn() takes another prompt for the question, and none for an empty one", () => {
  assert.deepEqual(askedIn([{ role: "user", content: "2 + 2?" }]), {
    question: "2 + 2?",
    evidence: "",
  });
  assert.deepEqual(askedIn([]), { question: "", evidence: "" });
});
