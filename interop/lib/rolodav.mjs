// Starts, feeds and stops the real binary for a scenario written in JavaScript; see rolodav.py.
//
//     const server = await Server.start();       // a fresh store with alice / secret
//     await server.stop();                       // must end in order and leave a clean store

import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const LIBRARY = dirname(fileURLToPath(import.meta.url));
const BINARY = process.env.ROLODAV_BIN || join(LIBRARY, '../../target/release/rolodav');

function freePort() {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

export class Server {
  static async start() {
    const server = new Server();
    server.directory = mkdtempSync(join(tmpdir(), 'rolodav-interop-'));
    server.data = join(server.directory, 'data');
    server.logPath = join(server.directory, 'server.log');
    mkdirSync(server.data);
    server.command(['user', 'add', 'alice', '--password-stdin'], 'secret\n');
    const port = await freePort();
    server.url = `http://127.0.0.1:${port}`;
    const log = openSync(server.logPath, 'a');
    server.child = spawn(BINARY, ['serve', '--data', server.data, '--listen', `127.0.0.1:${port}`], {
      stdio: ['ignore', log, log],
    });
    server.ended = new Promise((resolve) => server.child.on('exit', (code) => resolve(code)));
    process.on('exit', () => server.giveUp());
    for (let tries = 0; tries < 400; tries += 1) {
      if (server.child.exitCode !== null) throw new Error(`the server ended at once with ${server.child.exitCode}`);
      const answer = await fetch(`${server.url}/readyz`).catch(() => null);
      if (answer?.status === 200) return server;
      await sleep(50);
    }
    throw new Error('/readyz did not answer 200');
  }

  /** Runs `rolodav WORDS --data …`; throws when it fails. */
  command(words, given = '') {
    return execFileSync(BINARY, [...words, '--data', this.data], { input: given, encoding: 'utf-8', timeout: 60_000 });
  }

  async stop() {
    this.child.kill('SIGTERM');
    const code = await Promise.race([this.ended, sleep(20_000, 'no end within 20 s', { ref: false })]);
    if (code !== 0) throw new Error(`the server ended with ${code} on SIGTERM`);
    if (readFileSync(this.logPath, 'utf-8').includes('panicked at')) throw new Error('the server panicked');
    this.command(['check']);
    this.done = true;
  }

  giveUp() {
    if (this.child.exitCode === null) this.child.kill('SIGKILL');
    if (!this.done) {
      const lines = readFileSync(this.logPath, 'utf-8').split('\n');
      console.log(`--- the server's last lines\n${lines.slice(-60).join('\n')}\n---`);
    }
    rmSync(this.directory, { recursive: true, force: true });
  }
}
