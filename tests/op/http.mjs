// Reading requests and writing answers.

export async function bodyOf(req) {
  const parts = [];
  for await (const part of req) parts.push(part);
  return Buffer.concat(parts).toString();
}

export const formOf = async (req) => new URLSearchParams(await bodyOf(req));
export const jsonOf = async (req) => JSON.parse(await bodyOf(req) || '{}');

function send(res, status, type, text) {
  res.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
  res.end(text);
}

export const json = (res, status, value) => send(res, status, 'application/json', JSON.stringify(value ?? null));
export const html = (res, status, text) => send(res, status, 'text/html; charset=utf-8', `<!DOCTYPE html><html lang="en">${text}`);

const SPECIAL = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
export const safe = (text) => String(text ?? '').replace(/[&<>"]/g, (one) => SPECIAL[one]);
