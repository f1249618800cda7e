// dbos.js -- durable steps by DBOS on PostgreSQL: one JSON line.
//
//   node dbos.js D1|D2 COUNT IN_FLIGHT      PASSO_BENCH_POSTGRES names the database
//
// D1: one workflow of COUNT steps, one after another. D2: COUNT workflows of one step, IN_FLIGHT at a time.
'use strict';
const { DBOS } = require('@dbos-inc/dbos-sdk');

const [work, count, inFlight] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];

const sequence = DBOS.registerWorkflow(async (steps) => {
  let sum = 0;
  for (let i = 0; i < steps; i++) sum = await DBOS.runStep(async () => sum + 1, { name: 'add' });
  return sum;
}, { name: 'sequence' });

const single = DBOS.registerWorkflow(async (n) => DBOS.runStep(async () => n + 1, { name: 'add' }), { name: 'single' });

async function many() {
  let next = 0;
  let good = 0;
  const one = async () => {
    while (next < count) {
      const n = next++;
      if (await single(n) === n + 1) good++;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, one));
  return good;
}

async function main() {
  DBOS.setConfig({ name: 'bench', systemDatabaseUrl: process.env.PASSO_BENCH_POSTGRES, logLevel: 'error',
    runAdminServer: false });
  await DBOS.launch();
  await sequence(20);
  await Promise.all([1, 2, 3, 4].map((n) => single(n)));
  const began = performance.now();
  const before = process.cpuUsage();
  const done = work === 'D1' ? await sequence(count) : await many();
  const seconds = (performance.now() - began) / 1000;
  const used = process.cpuUsage(before); // the database's is not in it
  console.log(JSON.stringify({ per_s: count / seconds, cpu_us: (used.user + used.system) / count, check: done === count }));
  await DBOS.shutdown();
  process.exit(0);
}

main().catch((problem) => {
  console.error(problem);
  process.exit(1);
});
