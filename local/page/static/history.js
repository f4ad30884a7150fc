/** One stream: its events in order, and the slider through its past. */

import { choose, chosen, onChoice } from "./choice.js";
import { byId, clock, h, keep, say, time } from "./elements.js";
import { watch } from "./live.js";
import { differences, stateAt } from "./past.js";
import { Problem, ask } from "./server.js";

const PAGE = 500;
const SHORT_HASH = 8;

let stream = null;
let events = [];
let asked = null;
let moment = null;

async function look() {
  const id = chosen().stream;
  if (id === null) return;
  let page;
  do {
    const after = events.at(-1)?.version ?? 0;
    page = (await ask(`streams/${encodeURIComponent(id)}/events?after=${after}&limit=${PAGE}`)).events;
    if (id !== chosen().stream) return;
    events.push(...page);
  } while (page.length === PAGE);
  show();
}

function turn() {
  if (stream !== chosen().stream) {
    stream = chosen().stream;
    events = [];
    lookNow();
  }
  show();
}

/** The version that is looked at: the newest unless another is chosen. */
function version() {
  const newest = events.length;
  return Math.min(chosen().version ?? newest, newest);
}

function show() {
  byId("no-stream").hidden = stream !== null;
  byId("chosen").hidden = events.length === 0;
  if (stream !== null) say(byId("stream-title"), stream);
  if (events.length === 0) return;
  showSlider();
  keep(byId("events"), events, { key: (event) => `${stream}/${event.version}`, make: eventView, update: markMoment });
  openMoment();
  showState();
}

function showSlider() {
  const slider = byId("version");
  const { eventType, timestamp } = events[version() - 1];
  slider.max = events.length;
  slider.value = version();
  const words = `Version ${version()} of ${events.length}: ${eventType}, ${clock(timestamp)}`;
  slider.setAttribute("aria-valuetext", words);
  say(byId("moment"), words);
  byId("earlier").disabled = version() === 1;
  byId("later").disabled = version() === events.length;
}

/** The slider at its end stays at the newest version, whatever comes. */
function travel(to) {
  choose(stream, to === events.length ? null : to);
}

function eventView(event) {
  const previous = events[event.version - 2];
  const broken = previous && event.previousHash !== previous.hash;
  return h("li", null, h("details", null,
    h("summary", null,
      h("span", { class: "version" }, `v${event.version}`),
      h("span", { class: "type" }, event.eventType),
      time(event.timestamp),
      h("code", { class: "hash", title: event.hash }, String(event.hash ?? "").slice(0, SHORT_HASH))),
    broken && h("p", { class: "problem" }, `Its previous hash is not that of version ${previous.version}: the chain is broken.`),
    h("pre", { tabindex: 0, "aria-label": `Data of version ${event.version}` }, JSON.stringify(event.data, null, 2)),
    h("button", { type: "button", click: () => travel(event.version) }, "State after this event"),
    h("details", null, h("summary", null, "The whole document"), h("pre", { tabindex: 0 }, JSON.stringify(event, null, 2)))));
}

/** Where the slider has come to, that event opens; what else is open is the reader's. */
function openMoment() {
  const [last, now] = [moment, byId("events").children[version() - 1]];
  if (last === now) return;
  moment = now;
  if (last) last.firstElementChild.open = false;
  now.firstElementChild.open = true;
  now.scrollIntoView({ block: "nearest" });
}

function markMoment(item, event) {
  item.className = event.version > version() ? "yet-to-come" : "";
  item.ariaCurrent = event.version === version() ? "step" : null;
}

async function showState() {
  const wanted = `${stream}/${version()}`;
  if (asked?.wanted === wanted) return;
  asked?.controller.abort();
  const mine = { wanted, controller: new AbortController() };
  asked = mine;
  try {
    const [at, { signal }] = [version(), mine.controller];
    const [before, now] = await Promise.all([stateAt(stream, at - 1, signal), stateAt(stream, at, signal)]);
    if (asked === mine) showFields(at, before, now);
  } catch (error) {
    if (asked !== mine) return;
    if (!(error instanceof Problem) || error.status >= 500) asked = null;
    showFields(version(), null, null, error.message);
  }
}

function showFields(at, before, now, problem = "") {
  say(byId("state-title"), `State at version ${at}`);
  byId("state-problem").hidden = !problem;
  say(byId("state-problem"), problem);
  byId("state").hidden = now === null;
  say(byId("state-note"), now === null && !problem ? "The application shows no state of such streams." : "");
  const fields = now === null ? [] : differences(before, now);
  byId("state").tBodies[0].replaceChildren(...fields.map((field) => fieldRow(field, at === 1)));
}

function fieldRow({ path, now, before }, isFirst) {
  const kind = isFirst || now === before ? "same" : before === undefined ? "added" : now === undefined ? "removed" : "changed";
  const words = { same: "", added: "not there", changed: before, removed: before }[kind];
  return h("tr", { class: kind }, h("th", { scope: "row" }, path), h("td", null, now ?? "gone"), h("td", null, words));
}

byId("version").addEventListener("input", (event) => travel(Number(event.target.value)));
byId("earlier").addEventListener("click", () => travel(version() - 1));
byId("later").addEventListener("click", () => travel(version() + 1));
const lookNow = watch("stream", look, { seconds: 1 });
onChoice(turn);
