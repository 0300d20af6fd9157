import { el, iconButton } from './dom.js';

/** The search in a log: a field, the number of matches, and steps from one to the next. */
export class LogFind {
  /**
   * @param {() => string} base the URL beneath which the search lies
   * @param {() => void} changed called when other lines are to be marked
   * @param {(line: number) => void} show brings a line into view
   */
  constructor(base, changed, show) {
    this.base = base;
    this.changed = changed;
    this.show = show;
    this.word = '';
    this.clear();
    this.input = /** @type {HTMLInputElement} */ (el('input', { type: 'search', 'aria-label': 'Search the log', placeholder: 'Search the log', autocomplete: 'off', spellcheck: 'false' }));
    this.count = el('span', { class: 'log-count', role: 'status' });
    this.box = el('span', { class: 'log-find', hidden: true }, this.input, this.count,
      iconButton('chevron-up', 'Previous match', () => this.step(-1)),
      iconButton('chevron-down', 'Next match', () => this.step(1)));
    let timer = 0;
    this.input.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(() => this.search(), 200); });
  }

  /** The line that was stepped to, or 0. */
  get chosen() { return this.hits[this.hit] ?? 0; }

  /** Forgets what was found, in a log that is no longer shown. */
  clear() {
    /** @type {number[]} */
    this.hits = [];
    this.hit = -1;
    this.more = false;
  }

  open() {
    this.box.hidden = false;
    this.input.focus();
    this.input.select();
  }

  close() {
    this.box.hidden = true;
    this.input.value = '';
    this.search();
  }

  async search() {
    const word = this.input.value.trim();
    this.word = word;
    this.clear();
    this.count.textContent = '';
    this.changed();
    if (!word) return;
    this.count.textContent = 'searching';
    try {
      const answer = await fetch(`${this.base()}/search?q=${encodeURIComponent(word)}`);
      if (!answer.ok) throw new Error(String(answer.status));
      const { matches, more } = await answer.json();
      if (word !== this.word) return;
      this.hits = matches;
      this.more = more;
      this.tell();
      if (matches.length) this.step(1);
    } catch {
      if (word === this.word) this.count.textContent = 'no answer';
    }
  }

  tell() {
    this.count.textContent = this.hits.length ? `${this.hit + 1} of ${this.hits.length.toLocaleString('en')}${this.more ? '+' : ''}` : 'not found';
  }

  /** @param {number} by */
  step(by) {
    if (!this.hits.length) return;
    this.hit = (this.hit + by + this.hits.length) % this.hits.length;
    this.tell();
    this.show(this.chosen);
  }
}
