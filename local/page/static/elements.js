/** Elements, made and kept. Text goes in as text: what events hold was written by strangers. */

/** An element; properties as attributes, functions as listeners, nothing for null and false. */
export function h(tag, properties, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child != null && child !== false));
  return element;
}

export function byId(id) {
  return document.getElementById(id);
}

/** Changes a text where it differs, so that a selection in it lasts. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Brings the children of `parent` in line with `items`: each item's element is made once, by `make`, kept under
 * its key, and shown its item by `update`. So focus and what is open outlast a change.
 */
export function keep(parent, items, { key, make, update }) {
  const kept = [...parent.children].filter((child) => child.dataset.key != null);
  const present = new Map(kept.map((child) => [child.dataset.key, child]));
  const focused = document.activeElement;
  let place = kept[0] ?? null;
  for (const item of items) {
    const name = String(key(item));
    const element = present.get(name) ?? make(item);
    element.dataset.key = name;
    present.delete(name);
    update?.(element, item);
    if (element === place) place = place.nextElementSibling;
    else parent.insertBefore(element, place);
  }
  for (const element of present.values()) element.remove();
  if (focused !== document.activeElement && parent.contains(focused)) focused.focus({ preventScroll: true });
}

export function number(value, digits = 0) {
  return value.toLocaleString("en-GB", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export function counted(count, singular, plural = `${singular}s`) {
  return `${number(count)} ${count === 1 ? singular : plural}`;
}

/** `18:46:55.314` of today, with the day before it of any other. */
export function clock(timestamp) {
  const moment = new Date(timestamp);
  if (Number.isNaN(moment.getTime())) return "";
  const time = moment.toLocaleTimeString("en-GB", { hour12: false }) + `.${String(moment.getMilliseconds()).padStart(3, "0")}`;
  const today = moment.toDateString() === new Date().toDateString();
  return today ? time : `${moment.toLocaleDateString("en-CA")} ${time}`;
}

export function time(timestamp) {
  return h("time", { datetime: timestamp, title: timestamp }, clock(timestamp));
}

/** `0 s`, `1.5 s`, `4 min`, `3 h`. */
export function span(seconds) {
  if (seconds < 10) return `${number(seconds, seconds ? 1 : 0)} s`;
  if (seconds < 120) return `${number(seconds)} s`;
  if (seconds < 7200) return `${number(seconds / 60)} min`;
  return `${number(seconds / 3600)} h`;
}
