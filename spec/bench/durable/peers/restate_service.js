// restate_service.js -- the service that Restate's server calls, on a port of its own: restate_service.js PORT
'use strict';
// The SDK counts on what Node has had since version 22.
if (!Promise.withResolvers) {
  Promise.withResolvers = () => {
    const deferred = {};
    deferred.promise = new Promise((resolve, reject) => Object.assign(deferred, { resolve, reject }));
    return deferred;
  };
}
const http2 = require('http2');
const restate = require('@restatedev/restate-sdk');

const bench = restate.service({
  name: 'bench',
  handlers: {
    sequence: async (ctx, steps) => {
      let sum = 0;
      for (let i = 0; i < steps; i++) sum = await ctx.run('add', () => sum + 1);
      return sum;
    },
    single: async (ctx, n) => ctx.run('add', () => n + 1),
  },
});

http2.createServer(restate.createEndpointHandler({ services: [bench] })).listen(Number(process.argv[2]), '127.0.0.1');
