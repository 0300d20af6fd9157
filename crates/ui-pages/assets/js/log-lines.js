/** The lines of a log, fetched in pieces when they are needed and forgotten when they are far away. */

const PIECE = 500;
const KEEP = 60;

/** @typedef {{n: number, t: number, s: string}} Line */

export class LogLines {
  /**
   * @param {string} base
   * @param {number} total
   * @param {() => void} changed called when lines arrived
   */
  constructor(base, total, changed) {
    this.base = base;
    this.total = total;
    this.complete = false;
    /** @type {string|null} */
    this.note = null;
    this.changed = changed;
    /** @type {Map<number, (Line|undefined)[]>} */
    this.pieces = new Map();
    /** @type {Set<number>} */
    this.asking = new Set();
    this.failed = 0;
  }

  /**
   * @param {number} n 1-based
   * @returns {Line|undefined}
   */
  get(n) {
    return this.pieces.get(Math.floor((n - 1) / PIECE))?.[(n - 1) % PIECE];
  }

  /**
   * Asks for what is missing between two lines.
   * @param {number} from
   * @param {number} to
   */
  want(from, to) {
    const first = Math.floor((Math.max(1, from) - 1) / PIECE);
    const last = Math.floor((Math.max(1, Math.min(to, this.total)) - 1) / PIECE);
    for (let piece = first; piece <= last; piece += 1) {
      const start = piece * PIECE + 1;
      const end = Math.min(start + PIECE - 1, this.total);
      let missing = end >= start;
      const have = this.pieces.get(piece);
      if (have && missing) {
        missing = false;
        for (let n = Math.max(from, start); n <= Math.min(to, end); n += 1) if (!have[n - start]) { missing = true; break; }
      }
      if (missing) this.fetch(piece);
    }
    this.forget(first, last);
  }

  /** @param {number} piece */
  async fetch(piece) {
    if (this.asking.has(piece)) return;
    this.asking.add(piece);
    try {
      const answer = await fetch(`${this.base}/lines?from=${piece * PIECE}&count=${PIECE}`, { headers: { Accept: 'application/json' } });
      if (!answer.ok) throw new Error(String(answer.status));
      this.failed = 0;
      this.take(await answer.json());
    } catch {
      this.failed += 1;
      setTimeout(() => this.changed(), Math.min(20_000, 800 * 2 ** this.failed));
    } finally {
      this.asking.delete(piece);
    }
  }

  /** @param {{total: number, complete: boolean, note: string|null, lines: Line[]}} answer */
  take(answer) {
    for (const line of answer.lines) {
      const piece = Math.floor((line.n - 1) / PIECE);
      const lines = this.pieces.get(piece) ?? [];
      lines[(line.n - 1) % PIECE] = line;
      this.pieces.set(piece, lines);
    }
    this.total = Math.max(this.total, answer.total);
    this.complete ||= answer.complete;
    this.note = answer.note;
    this.changed();
  }

  /**
   * @param {number} first
   * @param {number} last
   */
  forget(first, last) {
    if (this.pieces.size <= KEEP) return;
    const end = Math.floor((this.total - 1) / PIECE);
    for (const piece of this.pieces.keys()) {
      if (this.pieces.size <= KEEP) break;
      // The end stays: following comes back to it.
      if ((piece < first - 4 || piece > last + 4) && piece < end - 2) this.pieces.delete(piece);
    }
  }
}
