import { sayEnded } from './session.js';

/**
 * Live updates: one stream per group says what changed; regions that show it fetch themselves again.
 * A region is `[data-live="topic"]`, optionally with `data-live-id` when only one thing matters.
 */

const THROTTLE = 500;
const group = document.body?.dataset.group;
/** @type {Map<Element, {at: number, timer: number}>} */
const pending = new Map();

/**
 * @param {string|null} topic absent: everything
 * @param {string} [id]
 */
function changed(topic, id) {
  document.querySelectorAll('[data-live]').forEach((region) => {
    if (!(region instanceof HTMLElement)) return;
    const topics = (region.dataset.live ?? '').split(' ');
    if (topic && topic !== '*' && !topics.includes(topic)) return;
    if (id && region.dataset.liveId && region.dataset.liveId !== id) return;
    refresh(region);
  });
}

/** @param {HTMLElement} region at most every 500 ms, and once more after the last change */
function refresh(region) {
  const known = pending.get(region) ?? { at: 0, timer: 0 };
  if (known.timer) return;
  const wait = Math.max(0, known.at + THROTTLE - Date.now());
  known.timer = setTimeout(() => {
    pending.delete(region);
    if (!region.isConnected) return;
    pending.set(region, { at: Date.now(), timer: 0 });
    // @ts-ignore htmx is a classic script
    window.htmx?.trigger(region, 'live');
  }, wait);
  pending.set(region, known);
}

let tries = 0;
/** @type {EventSource|null} */
let source = null;

function connect() {
  if (!group || source || document.hidden) return;
  source = new EventSource(`/g/${encodeURIComponent(group)}/events`);
  source.addEventListener('open', () => {
    // What happened while nobody listened, also between writing this page and now, is not repeated: look once.
    changed(null);
    tries = 0;
    say('live', true);
  });
  source.addEventListener('changed', (event) => {
    try {
      const { topic, id } = JSON.parse(event.data);
      changed(topic, id);
    } catch {
      changed(null);
    }
  });
  source.addEventListener('error', () => {
    close();
    tries += 1;
    if (tries > 1) say('not live', false);
    const wait = Math.min(30_000, 500 * 2 ** Math.min(tries, 6));
    setTimeout(connect, wait / 2 + Math.random() * wait);
  });
}

function close() {
  source?.close();
  source = null;
}

/**
 * @param {string} word
 * @param {boolean} on
 */
function say(word, on) {
  document.querySelectorAll('[data-live-state]').forEach((place) => {
    place.textContent = word;
    place.toggleAttribute('data-off', !on);
  });
}

// A hidden tab needs no stream: it looks at everything again when it is shown.
document.addEventListener('visibilitychange', () => {
  if (document.hidden) {
    close();
    tries = Math.max(tries, 1);
  } else connect();
});
addEventListener('pagehide', close);

if (group && document.querySelector('[data-live]')) connect();

// Outside a group there is no stream; what is under way is looked at now and then.
if (!group) {
  setInterval(() => {
    if (!document.hidden && document.querySelector('[data-live] .busy')) changed(null);
  }, 5000);
}

// Whoever is signed out meanwhile is led to the sign-in, which must not become a part of the page. A form that somebody
// may be filling in stays, with a word on how to go on.
document.addEventListener('htmx:beforeSwap', (event) => {
  const { detail } = /** @type {CustomEvent} */ (event);
  if (new URL(detail.xhr.responseURL, location.href).pathname !== '/sign-in') return;
  detail.shouldSwap = false;
  if (document.querySelector('form[data-unsaved]')) {
    sayEnded();
    return;
  }
  location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
});

document.addEventListener('htmx:afterSettle', () => {
  if (source?.readyState === EventSource.OPEN) say('live', true);
});

// @ts-ignore idiomorph is a classic script
const morph = window.Idiomorph;
if (morph) {
  // A log view fills itself, and what somebody is typing is theirs.
  morph.defaults.ignoreActiveValue = true;
  morph.defaults.callbacks.beforeNodeMorphed = (/** @type {Node} */ node, /** @type {Node} */ next) => {
    if (node.nodeName !== 'LOG-VIEW') return true;
    // @ts-ignore a custom element
    if (next.nodeName === 'LOG-VIEW') node.renew?.(next);
    return false;
  };
  // Attributes that scripts and people put on popovers, dialogs and buttons are not in the server's answer.
  morph.defaults.callbacks.beforeAttributeUpdated = (/** @type {string} */ name) =>
    !['style', 'data-placed', 'aria-expanded', 'open'].includes(name);
}
