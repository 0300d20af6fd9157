/** Counts on from the seconds that the server wrote, so that what is under way is seen to move. */

const STEPS = /** @type {const} */ ([[86_400, 'd', 3600, 'h'], [3600, 'h', 60, 'min'], [60, 'min', 1, 's']]);

/**
 * @param {number} seconds
 * @returns {string}
 */
function words(seconds) {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.floor(seconds);
  for (const [size, unit, part, small] of STEPS) {
    if (whole < size) continue;
    const rest = Math.floor((whole % size) / part);
    return `${Math.floor(whole / size)} ${unit}${rest ? ` ${rest} ${small}` : ''}`;
  }
  return `${whole} s`;
}

class TickTime extends HTMLElement {
  static observedAttributes = ['data-seconds'];

  connectedCallback() { all.add(this); }

  disconnectedCallback() { all.delete(this); }

  attributeChangedCallback() {
    this.begun = performance.now() - Number(this.dataset.seconds) * 1000;
  }

  update() {
    const text = words((performance.now() - (this.begun ?? 0)) / 1000);
    if (this.textContent !== text) this.textContent = text;
  }
}

/** @type {Set<TickTime>} */
const all = new Set();
customElements.define('tick-time', TickTime);
setInterval(() => { if (!document.hidden) all.forEach((element) => element.update()); }, 200);
