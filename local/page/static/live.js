/** Looking again and again: while the page is seen, is not paused, and until the server answers again. */

import { byId, say } from "./elements.js";
import { Away, Problem } from "./server.js";

const WORDS = {
  connecting: "Connecting …",
  live: "Live",
  paused: "Paused",
  away: "The local Azure does not answer. Trying again …",
};

const REST_AFTER_MILLISECONDS = 10_000;

const watches = [];
let paused = false;
let stirred = performance.now();

/**
 * Calls `look` now and then every so many seconds, or `atRest` seconds while nothing happens; what it throws is
 * shown in its section. Gives a function that looks at once.
 */
export function watch(sectionId, look, { seconds, atRest = seconds }) {
  const entry = { section: byId(sectionId), look, seconds, atRest, timer: 0, running: false, again: false };
  watches.push(entry);
  run(entry);
  return () => run(entry);
}

/** Tells that something happened: who has come to look seldom looks now. */
export function stir() {
  const rested = isAtRest();
  stirred = performance.now();
  if (rested) runAll();
}

function isAtRest() {
  return performance.now() - stirred > REST_AFTER_MILLISECONDS;
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
    const seconds = isAtRest() ? entry.atRest : entry.seconds;
    entry.timer = setTimeout(run, entry.again ? 0 : seconds * 1000, entry);
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
byId("key-form").addEventListener("submit", (event) => {
  event.preventDefault();
  runAll();
});
document.addEventListener("visibilitychange", () => document.hidden || runAll());
