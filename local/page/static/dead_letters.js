/** What projections could not digest, each with its reason and a second try. */

import { byId, h, keep, number, say, time } from "./elements.js";
import { watch } from "./live.js";
import { ask } from "./server.js";

async function look() {
  try {
    const { deadLetters } = await ask("api/operations/dead-letters");
    keep(byId("letters"), deadLetters, { key: (letter) => `${letter.id} ${letter.at}`, make: letterView });
    byId("no-letters").hidden = deadLetters.length > 0;
    say(byId("glance-letters"), number(deadLetters.length));
    byId("glance-letters").parentElement.classList.toggle("bad", deadLetters.length > 0);
  } catch (error) {
    say(byId("glance-letters"), "–");
    throw error;
  }
}

function letterView(letter) {
  const what = letter.kind === "parked" ? letter.aggregateId : `message ${letter.sequenceNumber} of partition ${letter.partition}`;
  return h("li", null,
    h("p", null,
      h("b", null, what), " ",
      h("span", { class: "tag" }, letter.kind), " ",
      h("span", { class: "tag" }, letter.projection), " ",
      time(letter.at)),
    h("button", { type: "button", "aria-label": `Replay ${what} in ${letter.projection}`, click: (event) => replay(event.target, letter, what) }, "Replay"),
    h("p", { class: "reason" }, letter.error));
}

async function replay(button, { id, projection }, what) {
  button.disabled = true;
  try {
    const { healed } = await ask(`api/operations/dead-letters/${encodeURIComponent(id)}/replay`, { method: "POST" });
    say(byId("replayed"), healed ? `${what} is healed in ${projection}.` : `${what} failed again in ${projection}.`);
  } catch (error) {
    say(byId("replayed"), `${what}: ${error.message}`);
  }
  button.disabled = false;
  lookNow();
}

const lookNow = watch("dead-letters", look, { seconds: 2, atRest: 10 });
