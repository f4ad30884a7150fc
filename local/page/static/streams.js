/** The list of streams, newest activity first. */

import { choose, chosen, onChoice } from "./choice.js";
import { byId, clock, counted, h, keep, number, say } from "./elements.js";
import { stir, watch } from "./live.js";
import { application, ask } from "./server.js";

const SHOWN = 200;

const ORDER = '{"customerId": "ada", "items": [{"productId": "lamp", "quantity": 2, "price": 29.99}]}';

let listing = { total: 0, events: 0, streams: [] };

async function look() {
  const text = byId("filter").value.trim();
  const known = listing.events;
  listing = await ask(`streams?${new URLSearchParams({ id: text, limit: SHOWN })}`);
  if (listing.events !== known) stir();
  show();
}

function show() {
  const { total, events, streams } = listing;
  keep(byId("stream-list"), streams, { key: (stream) => stream.id, make, update });
  say(byId("glance-events"), number(events));
  say(byId("stream-count"), total ? `${counted(streams.length, "stream")} of ${number(total)}, ${counted(events, "event")} in all` : "");
  byId("no-streams").hidden = total > 0;
}

function make(stream) {
  return h("li", null,
    h("button", { type: "button", click: () => choose(stream.id) },
      h("span", { class: "id" }, stream.id),
      h("span", { class: "version" }),
      h("span", { class: "newest" }),
      h("time")));
}

function update(item, { id, version, eventType, timestamp }) {
  const [name, at, newest, moment] = item.firstElementChild.children;
  say(name, id);
  say(at, `v${version}`);
  say(newest, eventType);
  say(moment, clock(timestamp));
  moment.dateTime = timestamp;
  item.firstElementChild.ariaCurrent = chosen().stream === id ? "true" : null;
}

async function showFirstSteps() {
  const { api } = await application();
  byId("no-streams").append(
    h("p", null, "Nothing has happened yet. Take the tour here:"),
    h("pre", { tabindex: 0 }, `make demo API=${api}`),
    h("p", null, "or place an order:"),
    h("pre", { tabindex: 0 }, `curl ${api}/orders \\\n  -H 'Content-Type: application/json' \\\n  -d '${ORDER}'`));
}

showFirstSteps();
onChoice(show);
byId("filter").addEventListener("input", watch("streams", look, { seconds: 1 }));
