import { render } from './ansi.js';
import { el, icon, iconButton } from './dom.js';
import { LogFind } from './log-find.js';
import { LogLines } from './log-lines.js';
import { LogStream } from './log-stream.js';

/**
 * A terminal's view of a log that is too long for a page: only visible lines exist.
 * `data-base` is the URL beneath which lines, stream, search and download lie; `data-total`, `data-complete` and
 * `data-note` are what the server knew when it wrote the page.
 */

/** The height of a line, at the size of text that the person chose. */
const ROW = 20 * (Number(getComputedStyle(document.documentElement).getPropertyValue('--scale')) || 1);
// Browsers refuse taller elements; beyond it the scroll bar stands for more than one pixel a pixel.
const TALLEST = 12_000_000;
/** Lines and pages that a key moves by. */
const STEPS = { ArrowDown: [1, 0], ArrowUp: [-1, 0], PageDown: [0, 1], PageUp: [0, -1], ' ': [0, 1] };

class LogView extends HTMLElement {
  connectedCallback() {
    if (this.lines) { this.attend(); this.stream.open(); return; }
    this.frame = 0;
    this.load();
    this.build();
    const linked = /^#L(\d+)$/.exec(location.hash);
    this.at = linked ? Number(linked[1]) : 0;
    if (this.at) this.following = false;
    this.press('follow', this.following);
    this.layout();
    if (this.at) this.show(this.at);
    // On an overview the last lines tell how it went.
    else if (this.following || this.classList.contains('short')) this.toEnd();
    this.draw();
    this.stream.open();
    this.resized = new ResizeObserver(() => { if (this.following) this.toEnd(); this.draw(); });
    this.resized.observe(this.scroller);
    this.attend();
    this.addEventListener('find', () => this.openFind());
  }

  /** Begins with the log that the attributes tell of. */
  load() {
    this.lines = new LogLines(this.dataset.base ?? '', Number(this.dataset.total ?? 0), () => this.draw());
    this.lines.complete = 'complete' in this.dataset;
    this.lines.note = this.dataset.note ?? null;
    this.stream = new LogStream(this.lines, () => this.draw());
    this.following = !this.lines.complete;
    this.top = 1;
  }

  /**
   * The page was fetched again: when it tells of another run, after a lost attempt or a restart, its log is shown.
   * @param {HTMLElement} next
   */
  renew(next) {
    if ((next.dataset.run ?? '') === (this.dataset.run ?? '')) return;
    for (const name of ['run', 'base', 'total', 'complete', 'note']) {
      const value = next.dataset[name];
      if (value === undefined) delete this.dataset[name];
      else this.dataset[name] = value;
    }
    this.stream.close();
    this.at = 0;
    this.load();
    this.rows.replaceChildren();
    this.setFollowing(this.following);
    this.find.clear();
    if (this.find.word) this.find.search();
    this.stream.open();
    this.draw();
  }

  disconnectedCallback() {
    this.stream.close();
    removeEventListener('hashchange', this);
    document.removeEventListener('visibilitychange', this);
  }

  attend() {
    addEventListener('hashchange', this);
    document.addEventListener('visibilitychange', this);
  }

  /** @param {Event} event */
  handleEvent(event) {
    if (event.type === 'visibilitychange') {
      // Browsers keep few connections to one server; a hidden tab must not hold one.
      if (document.hidden) this.stream.close();
      else this.stream.open();
      return;
    }
    const linked = /^#L(\d+)$/.exec(location.hash);
    if (!linked) return;
    this.at = Number(linked[1]);
    this.setFollowing(false);
    this.show(this.at);
    this.draw();
  }

  build() {
    /** @type {Record<string, HTMLElement>} */
    this.buttons = {};
    const button = (/** @type {string} */ name, /** @type {string} */ picture, /** @type {string} */ label, /** @type {() => void} */ act) => {
      this.buttons[name] = iconButton(picture, label, act);
      return this.buttons[name];
    };
    this.state = el('span', { class: 'log-state', role: 'status' });
    this.find = new LogFind(() => this.dataset.base ?? '', () => this.draw(), (line) => { this.setFollowing(false); this.show(line); this.draw(); });
    const download = el('a', { class: 'icon small', href: `${this.dataset.base}/download`, download: true, 'aria-label': 'Download the log', title: 'Download the log' }, icon('download'));
    const bar = el('div', { class: 'log-bar' }, this.state, this.find.box,
      button('search', 'search', 'Search', () => (this.find.box.hidden ? this.openFind() : this.closeFind())),
      button('follow', 'arrow-down-to-line', 'Follow new lines', () => this.setFollowing(!this.following)),
      button('wrap', 'wrap-text', 'Wrap long lines', () => this.toggle('wrap')),
      button('times', 'clock', 'Show times', () => this.toggle('times')),
      download);
    this.rows = el('div', { class: 'log-rows' });
    this.space = el('div', { 'aria-hidden': 'true' });
    this.scroller = el('div', { class: 'log-scroll', tabindex: '0', role: 'region', 'aria-label': 'Log lines' }, this.space, this.rows);
    this.none = el('p', { class: 'log-empty' });
    this.scroller.append(this.none);
    this.append(bar, el('div', { class: 'log-body' }, this.scroller));
    this.querySelector('noscript')?.remove();
    for (const name of ['wrap', 'times']) if (remembered(name)) this.toggle(name, false);
    this.scroller.addEventListener('scroll', () => this.scrolled(), { passive: true });
    this.scroller.addEventListener('keydown', (event) => this.key(event));
    this.rows.addEventListener('click', (event) => this.number(event));
    this.find.input.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') this.find.step(event.shiftKey ? -1 : 1);
      else if (event.key === 'Escape') this.closeFind();
      else return;
      event.preventDefault();
    });
  }

  /** The height that scrolling pretends there is. */
  layout() {
    this.tall = Math.min(this.lines.total * ROW, TALLEST);
    this.space.style.height = `${this.tall}px`;
  }

  get room() { return Math.max(1, Math.floor(this.scroller.clientHeight / ROW)); }

  get reach() { return Math.max(0, this.tall - this.scroller.clientHeight); }

  get last() { return Math.max(1, this.lines.total - this.room + 1); }

  scrolled() {
    const { scrollTop } = this.scroller;
    const bottom = scrollTop >= this.reach - 2;
    if (scrollTop < (this.scrolledTo ?? 0) - 1 && !bottom) this.setFollowing(false);
    else if (bottom && !this.lines.complete && !this.following && scrollTop > (this.scrolledTo ?? 0)) this.setFollowing(true);
    this.scrolledTo = scrollTop;
    this.draw();
  }

  draw() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => { this.frame = 0; this.paint(); });
  }

  paint() {
    const { total, complete, note } = this.lines;
    this.layout();
    if (this.following) this.toEnd();
    const fraction = this.reach > 0 ? this.scroller.scrollTop / this.reach : 0;
    const { exact } = this;
    const top = exact ? Math.floor(this.scroller.scrollTop / ROW) + 1 : Math.round(fraction * (this.last - 1)) + 1;
    this.top = top;
    const atEnd = this.reach > 0 && this.scroller.scrollTop >= this.reach - 2;
    const from = Math.max(1, (atEnd ? total - this.room : top) - 4);
    const to = Math.min(total, from + this.room + 12);
    this.lines.want(from - 200, to + 200);
    this.none.hidden = total > 0;
    this.none.textContent = total > 0 ? '' : (note ?? (complete ? 'The command printed nothing.' : 'Nothing is printed yet. Lines appear here as they come.'));
    this.state.textContent = this.lines.failed > 1 ? 'The log does not answer; trying again.'
      : `${total.toLocaleString('en')} line${total === 1 ? '' : 's'}${complete ? '' : ' · live'}`;
    this.buttons.follow.hidden = complete;
    this.fill(from, to);
    const height = this.rows.offsetHeight;
    let y = exact ? (from - 1) * ROW : this.scroller.scrollTop - (top - from) * ROW;
    if (atEnd && this.reach > 0) y = this.scroller.scrollTop + this.scroller.clientHeight - height;
    this.rows.style.transform = `translateY(${Math.max(0, y)}px)`;
  }

  /**
   * @param {number} from
   * @param {number} to
   */
  fill(from, to) {
    /** @type {Map<string, Element>} */
    const old = new Map([...this.rows.children].map((row) => [/** @type {HTMLElement} */ (row).dataset.key ?? '', row]));
    const rows = [];
    for (let n = from; n <= to; n += 1) {
      const line = this.lines.get(n);
      const here = n === this.at || n === this.find.chosen;
      const key = `${n} ${line ? line.s.length : '-'} ${here} ${this.find.word}`;
      rows.push(old.get(key) ?? this.row(n, line, here, key));
    }
    this.rows.replaceChildren(...rows);
  }

  /**
   * @param {number} n
   * @param {import('./log-lines.js').Line|undefined} line
   * @param {boolean} here
   * @param {string} key
   */
  row(n, line, here, key) {
    const text = el('span');
    if (line) text.append(render(line.s, this.find.word));
    else text.textContent = '…';
    return el('div', { class: `log-row${here ? ' at' : ''}`, 'data-key': key },
      el('a', { href: `#L${n}`, 'data-line': String(n), tabindex: '-1', 'aria-label': `Link to line ${n}` }, String(n)),
      el('time', {}, line ? clock(line.t) : ''), text);
  }

  toEnd() {
    this.scroller.scrollTop = this.tall;
    this.scrolledTo = this.scroller.scrollTop;
  }

  /** @param {number} n brings the line to the middle */
  show(n) { this.begin(n - Math.floor(this.room / 2)); }

  /** Whether a pixel of the scroll bar is a pixel of the log. */
  get exact() { return this.tall === this.lines.total * ROW; }

  /** @param {number} n brings the line to the top */
  begin(n) {
    const first = Math.max(1, Math.min(n, this.last));
    this.scroller.scrollTop = this.exact ? (first - 1) * ROW : ((first - 1) / Math.max(1, this.last - 1)) * this.reach;
    this.scrolledTo = this.scroller.scrollTop;
  }

  /** @param {boolean} on */
  setFollowing(on) {
    this.following = on;
    this.press('follow', on);
    if (on) { this.toEnd(); this.draw(); }
  }

  /**
   * @param {string} name
   * @param {boolean} [keep]
   */
  toggle(name, keep = true) {
    const on = this.classList.toggle(`log-${name}`);
    this.press(name, on);
    if (keep) remember(name, on);
    if (this.lines) this.draw();
  }

  /**
   * @param {string} name
   * @param {boolean} on
   */
  press(name, on) { this.buttons[name].setAttribute('aria-pressed', String(on)); }

  /** @param {MouseEvent} event a click on a number makes the link to the line */
  number(event) {
    const link = event.target instanceof Element ? event.target.closest('[data-line]') : null;
    if (!(link instanceof HTMLElement)) return;
    event.preventDefault();
    this.at = Number(link.dataset.line);
    history.replaceState(null, '', `#L${this.at}`);
    this.setFollowing(false);
    this.draw();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'f' && !this.lines.complete) this.setFollowing(!this.following);
    else if (event.key === 'w') this.toggle('wrap');
    else if (event.key === 't') this.toggle('times');
    else if (event.key === '/') this.openFind();
    else if (!this.exact && event.key in STEPS) {
      // A page of a shrunken scroll bar would be more lines than fit.
      const [lines, pages] = STEPS[/** @type {keyof typeof STEPS} */ (event.key)];
      if (lines + pages < 0) this.setFollowing(false);
      this.begin(this.top + lines + pages * (this.room - 1));
    } else if (event.key === 'Home') { this.setFollowing(false); this.scroller.scrollTop = 0; }
    else if (event.key === 'End') this.scroller.scrollTop = this.tall;
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  openFind() {
    this.press('search', true);
    this.find.open();
  }

  closeFind() {
    this.press('search', false);
    this.find.close();
    this.scroller.focus();
  }
}

/** Times of day in the person's zone; in the browser's own where it does not know that one. */
const times = (() => {
  /** @type {Intl.DateTimeFormatOptions} */
  const parts = { hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3, hourCycle: 'h23' };
  try {
    return new Intl.DateTimeFormat('en-GB', { ...parts, timeZone: document.body?.dataset.zone });
  } catch {
    return new Intl.DateTimeFormat('en-GB', parts);
  }
})();

/** @param {number} micros */
const clock = (micros) => times.format(micros / 1000);

/** @param {string} name */
function remembered(name) {
  try { return localStorage.getItem(`portico-log-${name}`) === '1'; } catch { return false; }
}

/**
 * @param {string} name
 * @param {boolean} on
 */
function remember(name, on) {
  try { localStorage.setItem(`portico-log-${name}`, on ? '1' : '0'); } catch { /* Not kept where storage is forbidden. */ }
}

customElements.define('log-view', LogView);
