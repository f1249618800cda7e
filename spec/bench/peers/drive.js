'use strict';
// Runs one exported workload under aws-local-stepfunctions and prints "seconds rss_kB check".
const fs = require('fs');
const path = require('path');

// The package expects Node 22; Debian has an older one.
Promise.withResolvers ??= function withResolvers() {
  const out = {};
  out.promise = new Promise((resolve, reject) => Object.assign(out, { resolve, reject }));
  return out;
};
const { StateMachine } = require('aws-local-stepfunctions');

const name = process.argv[2];
const read = (kind) => fs.readFileSync(path.join(process.env.WORKLOADS, `${name}.${kind}.json`), 'utf8');
const definition = JSON.parse(read('asl'));
const inputText = read('input');
const meta = JSON.parse(read('meta'));

class Boom extends Error {
  constructor() {
    super('as planned');
    this.name = 'Boom';
  }
}
const functions = {
  echo: (input) => input,
  inc: (input) => ({ i: input.i + 1 }),
  step: () => ({ ok: true }),
  boom: () => {
    throw new Boom();
  },
};

const overrides = { taskResourceLocalHandlers: {}, retryIntervalOverrides: {} };
for (const [state, body] of Object.entries(definition.States)) {
  if (body.Type === 'Task') overrides.taskResourceLocalHandlers[state] = functions[body.Resource.split(':').pop()];
  if (body.Retry) overrides.retryIntervalOverrides[state] = 0;
}

const at = (value, steps) =>
  steps.split('.').reduce((v, step) => (v == null ? undefined : step === '#' ? v.length : v[step]), value);

(async () => {
  const machine = new StateMachine(definition, { validationOptions: { checkArn: false, checkPaths: false } });
  let output;
  const began = process.hrtime.bigint();
  for (let i = 0; i < meta.executions; i++) {
    output = await machine.run(JSON.parse(inputText), { overrides }).result;
  }
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  const good = Object.entries(meta.expect).every(([steps, value]) => at(output, steps) === value);
  console.log(seconds.toFixed(6), process.resourceUsage().maxRSS, good);
})().catch((problem) => {
  console.error(`${name}: ${problem.message}`);
  process.exit(1);
});
