/** The projections, each with how far it is behind. */

import { byId, clock, h, keep, number, say, span } from "./elements.js";
import { stir, watch } from "./live.js";
import { ask } from "./server.js";

async function look() {
  try {
    const { projections } = await ask("api/operations/projections");
    keep(byId("projection-rows"), projections, { key: (projection) => projection.name, make, update });
    if (projections.some((projection) => projection.lag.events > 0)) stir();
    say(byId("glance-lag"), span(Math.max(0, ...projections.map((projection) => projection.lag.seconds))));
  } catch (error) {
    say(byId("glance-lag"), "–");
    throw error;
  }
}

function make({ name, consumerGroup }) {
  const group = consumerGroup === name ? null : h("span", { class: "note" }, ` ${consumerGroup}`);
  return h("tr", null, h("th", { scope: "row" }, name, group), ...Array.from({ length: 5 }, () => h("td")));
}

function update(row, { lag, newestEventApplied, parked, generation }) {
  const [, seconds, events, newest, stopped, live] = row.cells;
  row.className = parked.length ? "bad" : lag.events ? "behind" : "";
  say(seconds, span(lag.seconds));
  say(events, `${number(lag.events)}${lag.atLeast ? " or more" : ""}`);
  say(newest, newestEventApplied ? clock(newestEventApplied) : "none yet");
  say(stopped, parked.length ? parked.join(", ") : "–");
  say(live, String(generation));
}

watch("projections", look, { seconds: 2, atRest: 10 });
