// The list of devices, and the facts of one. Python chooses every word; here they are only drawn, as text.

import { standing } from "../gatehouse.shared/standing.js";
import { Facts } from "./facts.js";
import { List } from "./list.js";

const KINDS = { list: List, facts: Facts };

export default standing((parent, { kind }) => new KINDS[kind](parent));
