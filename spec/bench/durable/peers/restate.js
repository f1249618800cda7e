// restate.js -- durable steps by Restate: starts its server and a service on loopback, ends both; one JSON line.
//
//   unshare --net sh -c 'ip link set lo up; node restate.js D1|D2 COUNT IN_FLIGHT'
//
// In a network namespace of its own it reaches loopback only, and its ports are free. Its steps cross HTTP.
'use strict';
const { spawn } = require('child_process');
const fs = require('fs');
const http = require('http');
const os = require('os');
const path = require('path');

const [work, count, inFlight] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const SERVICE = 9080;
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'passo-restate-'));
const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
const children = [];

function start(command, ...words) {
  const env = { ...process.env, DO_NOT_TRACK: '1', RESTATE_DISABLE_TELEMETRY: 'true', RUST_LOG: 'error' };
  children.push(spawn(command, words, { cwd: folder, env, stdio: 'ignore' }));
}

function ask(port, where, body) {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    const method = body === undefined ? 'GET' : 'POST';
    const request = http.request({ host: '127.0.0.1', port, path: where, method, headers, agent }, (reply) => {
      let text = '';
      reply.on('data', (piece) => { text += piece; });
      reply.on('end', () => (reply.statusCode < 300 ? resolve(text) : reject(new Error(`${reply.statusCode} ${text}`))));
    });
    request.on('error', reject);
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

async function insist(attempt) {
  for (let i = 0; ; i++) {
    try {
      return await attempt();
    } catch (problem) {
      if (i === 60) throw problem;
      await new Promise((resolve) => { setTimeout(resolve, 500); });
    }
  }
}

// Processor time of this process and those it has started.
function cpuMs() {
  const { user, system } = process.cpuUsage();
  return children.reduce((sum, child) => {
    const fields = fs.readFileSync(`/proc/${child.pid}/stat`, 'latin1').replace(/^.*\) /, '').split(' ');
    return sum + (Number(fields[11]) + Number(fields[12])) * 10;
  }, (user + system) / 1000);
}

const call = async (handler, n) => Number(await ask(8080, `/bench/${handler}`, n));

async function many() {
  let next = 0;
  let good = 0;
  const one = async () => {
    while (next < count) {
      const n = next++;
      if (await call('single', n) === n + 1) good++;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, one));
  return good;
}

async function main() {
  const server = require.resolve('@restatedev/restate-server-linux-x64/bin/restate-server');
  start(server, '--base-dir', folder, '--listen-mode', 'tcp', '--bind-ip', '127.0.0.1', '--advertised-host', '127.0.0.1',
    '--no-logo');
  start(process.execPath, path.join(__dirname, 'restate_service.js'), String(SERVICE));
  await insist(() => ask(9070, '/health'));
  await insist(() => ask(9070, '/deployments', { uri: `http://127.0.0.1:${SERVICE}`, force: true }));
  await insist(() => call('sequence', 20));
  for (let n = 0; n < 20; n++) await call('single', n);
  const before = cpuMs();
  const began = performance.now();
  const done = work === 'D1' ? await call('sequence', count) : await many();
  const seconds = (performance.now() - began) / 1000;
  console.log(JSON.stringify({ per_s: count / seconds, cpu_us: ((cpuMs() - before) * 1000) / count, check: done === count }));
}

main().catch((problem) => {
  console.error(problem);
  process.exitCode = 1;
}).finally(() => {
  for (const child of children) child.kill('SIGTERM');
  setTimeout(() => {
    for (const child of children) child.kill('SIGKILL');
    fs.rmSync(folder, { recursive: true, force: true });
    process.exit();
  }, 1500);
});
