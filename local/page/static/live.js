/** Looking again and again: while the page is seen, is not paused, and until the server answers again. */

import { byId, say } from "./elements.js";
import { Away, Problem } from "./server.js";

const WORDS = {
  connecting: "Connecting …",
  live: "Live",
  paused: "Paused",
  away: "The local Azure does not answer. Trying again …",
};

const watches = [];
let paused = false;

/** Calls `look` now and then every so many seconds; what it throws is shown in its section. */
export function watch(sectionId, seconds, look) {
  const entry = { section: byId(sectionId), seconds, look, timer: 0, running: false, again: false };
  watches.push(entry);
  run(entry);
  return () => run(entry);
}

async function run(entry) {
  clearTimeout(entry.timer);
  if (entry.running) {
    entry.again = true;
    return;
  }
  if (paused || document.hidden) return;
  entry.running = true;
  try {
    await lookOnce(entry);
  } finally {
    entry.running = false;
    entry.timer = setTimeout(run, entry.again ? 0 : entry.seconds * 1000, entry);
    entry.again = false;
  }
}

async function lookOnce(entry) {
  try {
    await entry.look();
    complain(entry.section, null);
    tell("live");
  } catch (error) {
    if (error instanceof Away) {
      tell("away");
      return;
    }
    complain(entry.section, error.message);
    if (!(error instanceof Problem)) throw error;
    tell("live");
  }
}

function complain(section, message) {
  const place = section.querySelector(":scope > .problem");
  place.hidden = message === null;
  say(place, message ?? "");
}

function tell(connection) {
  document.body.dataset.connection = paused ? "paused" : connection;
  say(byId("connection"), WORDS[document.body.dataset.connection]);
}

function runAll() {
  watches.forEach((entry) => run(entry));
}

function togglePause() {
  paused = !paused;
  byId("pause").setAttribute("aria-pressed", String(paused));
  say(byId("pause"), paused ? "Go on" : "Pause");
  if (paused) tell("paused");
  else runAll();
}

byId("pause").addEventListener("click", togglePause);
document.addEventListener("visibilitychange", () => document.hidden || runAll());
