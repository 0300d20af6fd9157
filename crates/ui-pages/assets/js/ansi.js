/**
 * One line of terminal output as a safe piece of page.
 * Colours are classes; colours beyond the sixteen are set on the element. Other control sequences are dropped.
 */

// eslint-disable-next-line no-control-regex
const SEQUENCE = /\x1b\[([0-9;:?]*)([ -/]*[@-~])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-Z\\-_]|[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f]/g;
const LEVELS = [0, 95, 135, 175, 215, 255];

/** @param {number} n one of 256 colours */
function indexed(n) {
  if (n >= 232) return `rgb(${Array(3).fill(8 + (n - 232) * 10).join(' ')})`;
  const at = n - 16;
  return `rgb(${LEVELS[Math.floor(at / 36)]} ${LEVELS[Math.floor(at / 6) % 6]} ${LEVELS[at % 6]})`;
}

/** @typedef {{fg: string, bg: string, flags: Set<string>}} Style */

/**
 * @param {Style} style
 * @param {string} text
 */
function apply(style, text) {
  const codes = text.split(/[;:]/).map(Number);
  for (let at = 0; at < codes.length; at += 1) {
    const code = codes[at] ?? 0;
    if (code === 0) { style.fg = ''; style.bg = ''; style.flags.clear(); }
    else if (code === 1) style.flags.add('b');
    else if (code === 2) style.flags.add('d');
    else if (code === 3) style.flags.add('i');
    else if (code === 4) style.flags.add('u');
    else if (code === 9) style.flags.add('s');
    else if (code === 22) { style.flags.delete('b'); style.flags.delete('d'); }
    else if (code === 23) style.flags.delete('i');
    else if (code === 24) style.flags.delete('u');
    else if (code === 29) style.flags.delete('s');
    else if (code === 39) style.fg = '';
    else if (code === 49) style.bg = '';
    else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) style.fg = String(code);
    else if (code >= 40 && code <= 47) style.bg = String(code);
    else if (code >= 100 && code <= 107) style.bg = String(code - 60);
    else if (code === 38 || code === 48) {
      const part = code === 38 ? 'fg' : 'bg';
      if (codes[at + 1] === 5) {
        const n = codes[at + 2] ?? 0;
        if (n >= 16) style[part] = indexed(n);
        else style[part] = String(part === 'bg' ? 40 + (n % 8) : n < 8 ? 30 + n : 82 + n);
        at += 2;
      } else if (codes[at + 1] === 2) {
        style[part] = `rgb(${codes[at + 2] ?? 0} ${codes[at + 3] ?? 0} ${codes[at + 4] ?? 0})`;
        at += 4;
      }
    }
  }
}

/**
 * What a terminal would show of a line with carriage returns: the last thing drawn.
 * @param {string} text
 */
export function settle(text) {
  if (!text.includes('\r')) return text;
  const parts = text.split('\r').filter((part) => part !== '');
  return parts.at(-1) ?? '';
}

/**
 * @param {string} text without colours
 */
export function plain(text) {
  return settle(text).replace(SEQUENCE, '');
}

/**
 * @param {string} line
 * @param {string} [word] is marked wherever it stands
 * @returns {DocumentFragment}
 */
export function render(line, word = '') {
  const text = settle(line);
  const out = document.createDocumentFragment();
  /** @type {Style} */
  const style = { fg: '', bg: '', flags: new Set() };
  let from = 0;
  const put = (/** @type {string} */ piece) => {
    if (!piece) return;
    if (!style.fg && !style.bg && style.flags.size === 0) { marked(out, piece, word); return; }
    const span = document.createElement('span');
    for (const flag of style.flags) span.classList.add(`a-${flag}`);
    if (/^\d+$/.test(style.fg)) span.classList.add(`a-${style.fg}`);
    else if (style.fg) span.style.color = style.fg;
    if (/^\d+$/.test(style.bg)) span.classList.add(`b-${style.bg}`);
    else if (style.bg) span.style.background = style.bg;
    marked(span, piece, word);
    out.append(span);
  };
  for (const match of text.matchAll(SEQUENCE)) {
    put(text.slice(from, match.index));
    from = match.index + match[0].length;
    if (match[2] === 'm') apply(style, match[1] ?? '');
  }
  put(text.slice(from));
  return out;
}

/**
 * @param {ParentNode} into
 * @param {string} text
 * @param {string} word
 */
function marked(into, text, word) {
  if (!word) { into.append(text); return; }
  const low = text.toLowerCase();
  const find = word.toLowerCase();
  let from = 0;
  for (let at = low.indexOf(find); at >= 0; at = low.indexOf(find, from)) {
    into.append(text.slice(from, at));
    const mark = document.createElement('mark');
    mark.textContent = text.slice(at, at + find.length);
    into.append(mark);
    from = at + find.length;
  }
  into.append(text.slice(from));
}
