// generate.js -- makes JSONata expressions and writes what the reference implementation says of them.
//
//   NODE_PATH=FOLDER_WITH_JSONATA node spec/differential/generate.js SEED COUNT >CASES.jsonl
//
// One case a line, as spec/conformance/run.lua reads them, with its data inside. The same seed makes
// the same cases. The data are $PASSO_CORPUS/jsonata/datasets and edges.json beside this file.
// How many expressions were left out, and why, is said on standard error.
"use strict";
const fs = require("fs");
const path = require("path");
const jsonata = require("jsonata");
const { grammar, randomFrom } = require("./grammar.js");

const LONGEST_EXPRESSION = 600;
const LONGEST_RESULT = 20000;
const TIMEOUT_MS = 10000;
const LARGEST_DATA = 8192; // every case carries its data
const EDGES_SHARE = 0.3; // of the cases

function readJson(file) {
  return JSON.parse(fs.readFileSync(file, "utf8"));
}

function keysWithin(value, found = new Set()) {
  if (Array.isArray(value)) {
    value.forEach((item) => keysWithin(item, found));
  } else if (value !== null && typeof value === "object") {
    for (const [key, member] of Object.entries(value)) {
      found.add(key);
      keysWithin(member, found);
    }
  }
  return found;
}

function dataSet(file) {
  const data = readJson(file);
  const keys = [...keysWithin(data)];
  return { data, keys: keys.length ? keys : ["a"] };
}

function corpusDataSets() {
  const corpus = process.env.PASSO_CORPUS;
  const folder = corpus && path.join(corpus, "jsonata", "datasets");
  if (!folder || !fs.existsSync(folder)) {
    console.error("generate.js: PASSO_CORPUS names no folder with jsonata/datasets; edges.json alone is used");
    return [];
  }
  return fs.readdirSync(folder).filter((file) => file.endsWith(".json")).sort()
    .map((file) => path.join(folder, file))
    .filter((file) => fs.statSync(file).size <= LARGEST_DATA)
    .map(dataSet);
}

// -- the reference's answer ------------------------------------------------------------------------

const isFunction = (value) =>
  typeof value === "function" || Boolean(value && (value._jsonata_function || value._jsonata_lambda));

// What JSON cannot hold leaves as it does on AWS: numbers beyond it as text, functions as "",
// halves of surrogate pairs as U+FFFD.
function asJson(_, value) {
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (isFunction(value)) return "";
  return typeof value === "string" ? value.toWellFormed() : value;
}

// What a case expects, or why there can be no case.
async function answer(text, data) {
  let result;
  try {
    result = await jsonata(text, { timeout: TIMEOUT_MS }).evaluate(structuredClone(data));
  } catch (problem) {
    if (!problem || !problem.code) return { omitted: "JavaScript's own error, without a code" };
    if (problem.code === "D1012") return { omitted: `no end within ${TIMEOUT_MS} ms` };
    return { expect: { code: problem.code } };
  }
  if (result === undefined || isFunction(result)) return { expect: { undefinedResult: true } };
  const json = JSON.stringify(result, asJson);
  if (json.length > LONGEST_RESULT) return { omitted: "a result too long" };
  return { expect: { result: JSON.parse(json) } };
}

// -- the cases -------------------------------------------------------------------------------------

async function generate(seed, count) {
  const random = randomFrom(seed);
  const expression = grammar(random);
  const edges = dataSet(path.join(__dirname, "edges.json"));
  const sets = corpusDataSets();
  const choose = () =>
    sets.length === 0 || random() < EDGES_SHARE ? edges : sets[Math.floor(random() * sets.length)];
  const omitted = {};
  for (let made = 0; made < count; ) {
    const { data, keys } = choose();
    const expr = expression(keys, 1 + Math.floor(random() * 4));
    if (expr.length > LONGEST_EXPRESSION) continue;
    const said = await answer(expr, data);
    if (said.omitted) {
      omitted[said.omitted] = (omitted[said.omitted] || 0) + 1;
      continue;
    }
    made++;
    const line = JSON.stringify({ group: "generated", case: `${seed}-${made}`, expr, data, expect: said.expect });
    // Without this a pipe that is slower would be buffered whole.
    if (!process.stdout.write(line + "\n")) await new Promise((resume) => process.stdout.once("drain", resume));
  }
  for (const [reason, times] of Object.entries(omitted)) console.error(`left out: ${times} (${reason})`);
}

const [seed, count] = process.argv.slice(2).map(Number);
if (!Number.isInteger(seed) || !Number.isInteger(count) || count < 1) {
  console.error("usage: generate.js SEED COUNT");
  process.exit(2);
}
generate(seed, count);
