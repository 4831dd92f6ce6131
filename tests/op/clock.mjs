// Each issuer has a clock of its own: while a request of it is served, Date.now() is off by its offset.
import { AsyncLocalStorage } from 'node:async_hooks';

const offsets = new AsyncLocalStorage();
const now = Date.now.bind(Date);

Date.now = () => now() + (offsets.getStore()?.() ?? 0);

/** Runs work by a clock that is off by as many milliseconds as `offset()` says at that moment. */
export const byClock = (offset, work) => offsets.run(offset, work);
