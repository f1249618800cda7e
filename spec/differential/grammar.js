// grammar.js -- makes JSONata expressions: every construct of the language, nested at random, over
// the keys that a data set has. What it makes depends on the seed and the keys alone.
"use strict";

// mulberry32: small, and the same on every machine.
function randomFrom(seed) {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const RESERVED = ["and", "or", "in", "true", "false", "null", "function"];

const NUMBERS = ["0", "1", "2", "-1", "3", "5", "10", "0.5", "1.5", "-2.5", "100", "1e3", "7"];
const STRINGS = ['"a"', '"b"', '""', '"text"', '"Hello World"', '"12"', '"é😀"', "'a,b'", '"  x y "', '"order"'];
const OTHER_LITERALS = ["true", "false", "null", "[]", "{}", "[1,2,3]", '["a","b"]', "[1..4]",
  '{"a":1,"b":[1,2]}', "[[1],[2,3]]"];
const COMPARISONS = ["=", "=", "=", "!=", "<", "<=", ">", ">=", " in "];
const KEYS = ['"a"', '"b"', '"k"'];
const DIRECTIONS = ["", "<", ">"];

// Built-ins that take one argument, or the context. None that answers differently each time.
const UNARY = ["abs", "average", "base64decode", "base64encode", "boolean", "ceil", "count", "decodeUrl",
  "decodeUrlComponent", "distinct", "encodeUrl", "encodeUrlComponent", "exists", "floor", "fromMillis", "join",
  "keys", "length", "lowercase", "max", "merge", "min", "not", "number", "reverse", "round", "single", "sort",
  "spread", "sqrt", "string", "sum", "toMillis", "trim", "type", "uppercase", "values", "zip"];
const REGEXES = ["/a/", "/[a-z]+/i", "/o/", "/(\\w)(\\d)?/", "/\\s+/", "/b|e/", "/^H/", "/x*$/", "/e\\b/i"];
const REPLACEMENTS = [...STRINGS, '"[$1]"', '"$0$0"', 'function($m){$m.match&"!"}'];
const REDUCERS = ["function($x,$y){$append($x,$y)}", "function($x,$y){$x}", "function($x,$y){$y}",
  "function($x,$y,$i){$i}", "$append", "function($x,$y){$string($x)&$string($y)}", "function($x,$y){$x+$y}",
  "function($x,$y){[$x,$y]}"];
const NUMBER_PICTURES = ['"#,##0.00"', '"0"', '"#0.###"', '"00.00%"', '"#,###"', '"0.0e0"', '"#.##;(#.##)"', '"X0Y"'];
const INTEGER_PICTURES = ['"w"', '"W"', '"Ww"', '"I"', '"i"', '"a"', '"A"', '"0000"', '"#,##0"', '"1;o"', '"w;o"'];
const WRITTEN_INTEGERS = ['"twelve"', '"XII"', '"abc"', '"1,234"', '"12th"'];
const DATE_PICTURES = ['"[Y0001]-[M01]-[D01]"', '"[FNn], [D1o] [MNn] [Y]"', '"[H01]:[m01]:[s01].[f001]"',
  '"[h]:[m] [P]"', '"[W] [w] [d] [F]"', '"[YI]"', '"[Dwo]"', '"[X]-W[W01]-[F1]"'];
const INSTANTS = ["1522158312345", "0", "-1", "1e12"];
const WRITTEN_INSTANTS = ['"2018-03-27"', '"2018-03-27T13:45:12.345Z"', '"27/3/2018"', '"2018"'];
const INNER_EXPRESSIONS = ['"1+1"', '"a"', '"[1..3]"', "'$.'", '"{\\"a\\":1}"'];
const WRITTEN_NUMBERS = ['"12"', '"0x1F"', '"1e3"', '"abc"', '"-0.5"', "true"];

// Returns expression(names, depth): an expression over keys `names`, at most `depth` levels of nesting.
function grammar(random) {
  let names = [];
  let variables = []; // in scope where the expression is being written
  let regexes = true; // whether one may be written here

  const chance = (probability) => random() < probability;
  const pick = (list) => list[Math.floor(random() * list.length)];
  const oneOf = (makers) => pick(makers)();
  const optional = (probability, make) => (chance(probability) ? make() : "");

  function scoped(make) {
    const outer = variables.slice();
    const text = make();
    variables = outer;
    return text;
  }

  // The reference decides ?? and ?: by a copy of their left side that has lost its regular
  // expressions: what became of them, [object Object], $match applies at one place for ever.
  function withoutRegexes(make) {
    const outer = regexes;
    regexes = false;
    const text = make();
    regexes = outer;
    return text;
  }

  function declare(candidates) {
    const name = pick(candidates);
    variables.push(name);
    return "$" + name;
  }

  const plainName = (key) => /^[A-Za-z_]\w*$/.test(key) && !RESERVED.includes(key);
  const quoteName = (key) => (plainName(key) ? key : "`" + key + "`");
  const name = () => (chance(0.06) ? "nothing" : quoteName(pick(names)));
  const nameString = () => '"' + pick(names).replace(/"/g, "") + '"';
  const variable = () => (variables.length && chance(0.8) ? "$" + pick(variables) : "$");

  const number = () => pick(NUMBERS);
  const string = () => pick(STRINGS);
  const literal = () => oneOf([number, number, number, string, string, ...OTHER_LITERALS.map((text) => () => text)]);
  const comparison = () => pick(COMPARISONS);
  const regex = () => (regexes ? pick(REGEXES) : string());
  const pattern = () => (chance(0.5) ? string() : regex());
  const unary = () => "$" + pick(UNARY);

  // -- paths ---------------------------------------------------------------------------------------

  function predicate(depth) {
    return oneOf([
      () => pick(["0", "1", "-1", "[0,1]", "[0..1]", "true", "false", "-2", "0.9"]),
      () => name() + comparison() + literal(),
      () => "$" + comparison() + literal(),
      () => `$exists(${name()})`,
      () => expression(depth),
      name,
    ]);
  }

  function step(depth) {
    const kind = random();
    if (kind < 0.55) return name();
    if (kind < 0.62) return "*";
    if (kind < 0.66) return "**";
    if (kind < 0.7) return "$";
    if (kind < 0.75) return `(${expression(depth - 1)})`;
    if (kind < 0.8) return `{${pick(KEYS)}:${expression(depth - 1)}}`;
    if (kind < 0.84) return `[${expression(depth - 1)}]`;
    if (kind < 0.9) return `${unary()}()`;
    if (kind < 0.95) return `${unary()}($)`;
    return "%";
  }

  const filter = (depth) => `[${predicate(depth - 1)}]`;

  function binding(depth) {
    const kind = random();
    if (kind >= 0.1) return "";
    const bound = kind < 0.05 ? "#" + declare(["i", "j"]) : "@" + declare(["p", "r"]);
    return bound + optional(0.3, () => filter(depth));
  }

  const sortTerms = () => pick(DIRECTIONS) + pick([name(), "$", "$string($)", `${name()},>${name()}`]);

  function decorated(text, depth) {
    return text + optional(0.22, () => filter(depth)) + optional(0.05, () => "[]") + binding(depth) +
      optional(0.06, () => `^(${sortTerms()})`);
  }

  function path(depth) {
    return scoped(() => {
      const root = chance(0.15) ? "$$." : optional(0.1, () => "$.");
      const steps = 1 + Math.floor(random() * 3.3);
      const parts = [];
      for (let i = 0; i < steps; i++) {
        const text = step(depth);
        parts.push(decorated(i === 0 && text === "%" ? name() : text, depth)); // a leading % has no parent
      }
      const group = optional(0.08, () => `{${pick([name(), `$string(${name()})`, '"g"'])}:${expression(depth - 1)}}`);
      return root + parts.join(".") + group;
    });
  }

  // -- functions -----------------------------------------------------------------------------------

  function itemFunction() {
    return oneOf([
      () => "function($v){$v}",
      () => "function($v,$i){$i}",
      () => "function($v,$i,$a){$count($a)}",
      () => `function($v){$v.${name()}}`,
      () => `function($v){$v${comparison()}${literal()}}`,
      () => `function($v){${expression(1)}}`,
      () => "λ($v)<x:x>{$v}",
      regex,
      () => "$substring(?,0,1)",
      () => "$append(?,1)",
      unary,
    ]);
  }

  const collectionCalls = (argument, depth) => [
    () => `${unary()}(${argument()})`,
    () => `${unary()}(${argument()})`,
    () => `${unary()}(${path(depth - 1)})`,
    () => `$append(${argument()},${argument()})`,
    () => `$map(${argument()},${itemFunction()})`,
    () => `$filter(${argument()},${itemFunction()})`,
    () => `$single(${argument()},${itemFunction()})`,
    () => `$reduce(${argument()},${pick(REDUCERS)}${optional(0.4, () => "," + argument())})`,
    () => `$sift(${argument()},${itemFunction()})`,
    () => `$each(${argument()},${itemFunction()})`,
    () => `$sort(${argument()},function($l,$r){$l>$r})`,
    () => `$sort(${path(depth - 1)},function($l,$r){$l.${name()}>$r.${name()}})`,
    () => `$lookup(${argument()},${nameString()})`,
    () => `$zip(${argument()},${argument()})`,
    () => `$merge([${argument()},${argument()}])`,
  ];

  const stringCalls = (argument) => [
    () => `$substring(${argument()},${number()}${optional(0.5, () => "," + number())})`,
    () => `$substringBefore(${argument()},${string()})`,
    () => `$substringAfter(${argument()},${string()})`,
    () => `$pad(${argument()},${number()}${optional(0.5, () => "," + string())})`,
    () => `$contains(${argument()},${pattern()})`,
    () => `$split(${argument()},${pattern()}${optional(0.3, () => "," + number())})`,
    () => `$join(${argument()}${optional(0.5, () => "," + string())})`,
    () => `$match(${argument()},${regex()}${optional(0.3, () => "," + number())})`,
    () => `$replace(${argument()},${pattern()},${pick(REPLACEMENTS)}${optional(0.3, () => "," + number())})`,
    () => `$string(${argument()},true)`,
    () => `$eval(${pick(INNER_EXPRESSIONS)})`,
    () => `$assert(${argument()},"no")`,
  ];

  const orArgument = (list, argument) => oneOf([...list.map((text) => () => text), argument]);

  const numberCalls = (argument) => [
    () => `$number(${orArgument(WRITTEN_NUMBERS, argument)})`,
    () => `$round(${argument()},${number()})`,
    () => `$power(${argument()},${number()})`,
    () => `$formatBase(${argument()},${pick(["2", "16", "36", "10"])})`,
    () => `$formatNumber(${argument()},${pick(NUMBER_PICTURES)})`,
    () => `$formatInteger(${argument()},${pick(INTEGER_PICTURES)})`,
    () => `$parseInteger(${pick(WRITTEN_INTEGERS)},${pick(['"w"', '"I"', '"a"', '"#,##0"', '"1;o"'])})`,
    () => `$fromMillis(${orArgument(INSTANTS, argument)},${pick(DATE_PICTURES)}${optional(0.3, () => ',"+0530"')})`,
    () => `$toMillis(${orArgument(WRITTEN_INSTANTS, argument)}${optional(0.4, () => ',"[D]/[M]/[Y]"')})`,
  ];

  function call(depth) {
    const argument = () => expression(depth - 1);
    return oneOf([...collectionCalls(argument, depth), ...stringCalls(argument), ...numberCalls(argument)]);
  }

  // -- expressions ---------------------------------------------------------------------------------

  const operators = (part) => [
    () => `${part()}${pick(["+", "-", "*", "/", "%"])}${part()}`,
    () => `(${part()})${comparison()}(${part()})`,
    () => `${part()} & ${part()}`,
    () => `(${part()} ${pick(["and", "or"])} ${part()})`,
    () => `(${part()} ? ${part()} : ${part()})`,
    () => `(${withoutRegexes(part)} ${pick(["??", "?:"])} ${part()})`,
    () => `-(${part()})`,
    () => `$exists(${part()})`,
  ];

  const constructors = (part) => [
    () => `[${part()},${part()}]`,
    () => `[${part()}]`,
    () => `{"p":${part()},"q":${part()}}`,
    () => `[${number()}..${number()}]`,
    literal,
    literal,
  ];

  const postfixes = (part, depth) => [
    () => `(${part()})[${predicate(depth - 1)}]`,
    () => `(${part()}).${step(depth)}`,
    () => `(${part()})[]`,
    () => `(${part()})^(${pick(DIRECTIONS)}${pick(["$", name()])})`,
    () => `(${part()}){${pick(['"g"', `$string(${name()})`])}:${part()}}`,
  ];

  function block(part) {
    return scoped(() => {
      const value = part(); // before the variable is in scope
      return `(${declare(["x", "y"])}:=${value};${part()})`;
    });
  }

  function immediateLambda(part) {
    return scoped(() => `(function(${declare(["x"])}){${part()}})(${part()})`);
  }

  // The new member is never a part of the data: those could then contain themselves, and the
  // reference's ** would not end.
  function transform(part) {
    const added = oneOf([literal, () => `$string(${part()})`, () => `$count(${part()})`, () => `$type(${part()})`]);
    const removed = optional(0.4, () => "," + nameString());
    return `(${part()} ~> |${pick(["$", "*", "**", name()])}|{"z":${added}}${removed}|)`;
  }

  const functional = (part) => [
    () => block(part),
    () => immediateLambda(part),
    () => transform(part),
    () => `${part()} ~> ${unary()}`,
    () => `(${part()} ~> $map(${itemFunction()}))`,
  ];

  function leaf() {
    const kind = random();
    if (kind < 0.5) return literal();
    return kind < 0.8 ? name() : variable();
  }

  function expression(depth) {
    if (depth <= 0) return leaf();
    const kind = random();
    if (kind < 0.3) return path(depth);
    if (kind < 0.55) return call(depth);
    const part = () => expression(depth - 1);
    return oneOf([...operators(part), ...constructors(part), ...postfixes(part, depth), ...functional(part)]);
  }

  return (keys, depth) => {
    names = keys;
    variables = [];
    return expression(depth);
  };
}

module.exports = { grammar, randomFrom };
