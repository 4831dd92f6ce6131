// Serves the issuers that a file names, and ends with its standard input: `node op.mjs configuration.json`.
import { readFileSync } from 'node:fs';

import { openIssuer } from './issuer.mjs';

// Standard output is for the line that says that all is ready.
console.info = console.error;
console.log = console.error;

process.stdin.resume();
for (const end of ['end', 'close', 'error']) process.stdin.on(end, () => process.exit(0));

const { certificate, key, issuers } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const tls = { cert: readFileSync(certificate), key: readFileSync(key) };
const ready = await Promise.all(issuers.map((spec) => openIssuer(spec, tls)));
process.stdout.write(`${JSON.stringify({ issuers: ready })}\n`);
