/** The page at `/_local/`: one module a panel; each asks for itself and shows what it gets. */

import { fromAddress } from "./choice.js";
import { byId } from "./elements.js";
import { application } from "./server.js";
import "./streams.js";
import "./history.js";
import "./projections.js";
import "./dead_letters.js";
import "./request_units.js";
import "./event_hubs.js";

fromAddress();
application().then(({ api }) => { byId("docs").href = `${api}/docs`; });
