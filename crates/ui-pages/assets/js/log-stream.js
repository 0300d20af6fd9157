/** Brings the lines of a log as they come, until it is complete. */
export class LogStream {
  /**
   * @param {import('./log-lines.js').LogLines} lines
   * @param {() => void} ended called when no line will come any more
   */
  constructor(lines, ended) {
    this.lines = lines;
    this.ended = ended;
    this.tries = 0;
    /** @type {EventSource|null} */
    this.source = null;
    this.timer = 0;
  }

  open() {
    clearTimeout(this.timer);
    if (this.lines.complete || this.source || document.hidden) return;
    this.source = new EventSource(`${this.lines.base}/stream?from=${this.lines.total}`);
    this.source.addEventListener('lines', (event) => {
      this.tries = 0;
      this.lines.take(JSON.parse(event.data));
    });
    this.source.addEventListener('end', () => {
      this.lines.complete = true;
      this.close();
      // A line may have come between the last event and the end.
      this.lines.fetch(Math.floor(Math.max(0, this.lines.total - 1) / 500));
      this.ended();
    });
    this.source.addEventListener('error', () => {
      this.close();
      this.tries += 1;
      const wait = Math.min(30_000, 500 * 2 ** Math.min(this.tries, 6));
      this.timer = setTimeout(() => this.open(), wait / 2 + Math.random() * wait);
    });
  }

  close() {
    clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
  }
}
