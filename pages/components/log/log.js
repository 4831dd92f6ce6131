// The log: what to look for, the book of records, and word of new ones. Python chooses every word; here they
// are only drawn, as text. Three mounts of this one module share what it knows of new records.

import { standing } from "../gatehouse.shared/standing.js";
import { Book } from "./book.js";
import { Exports } from "./exports.js";
import { Filters } from "./filters.js";
import { News } from "./news.js";

const KINDS = { filters: Filters, exports: Exports, book: Book, news: News };

export default standing((parent, { kind }) => new KINDS[kind](parent));
