/** Keeps relative times up to date; the server's words stand until then. */

const STEPS = /** @type {const} */ ([[60, 's'], [60, 'min'], [24, 'h'], [30, 'day'], [12, 'month'], [Infinity, 'year']]);

/**
 * @param {number} seconds positive for the past
 * @returns {string}
 */
export function words(seconds) {
  let rest = Math.abs(seconds);
  if (rest < 5) return 'now';
  for (const [size, unit] of STEPS) {
    if (rest < size) {
      // What is past counts whole units; what is to come is told to the nearest.
      const n = seconds < 0 ? Math.round(rest) : Math.floor(rest);
      const name = unit.length > 3 || unit === 'day' ? `${unit}${n === 1 ? '' : 's'}` : unit;
      return seconds < 0 ? `in ${n} ${name}` : `${n} ${name} ago`;
    }
    rest /= size;
  }
  return '';
}

class TimeAgo extends HTMLElement {
  connectedCallback() {
    all.add(this);
    this.update();
  }

  disconnectedCallback() {
    all.delete(this);
  }

  update() {
    const time = this.querySelector('time');
    if (!time) return;
    const then = Date.parse(time.dateTime);
    if (Number.isNaN(then)) return;
    const text = words((Date.now() - then) / 1000);
    if (time.textContent !== text) time.textContent = text;
  }
}

/** @type {Set<TimeAgo>} */
const all = new Set();
customElements.define('time-ago', TimeAgo);
const refresh = () => all.forEach((element) => element.update());
setInterval(refresh, 10_000);
document.addEventListener('visibilitychange', refresh);
document.addEventListener('htmx:afterSettle', refresh);
