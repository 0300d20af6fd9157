/**
 * An icon of the sprite, found beside this module.
 * @param {string} name
 * @returns {SVGSVGElement}
 */
export function icon(name) {
  const space = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(space, 'svg');
  svg.setAttribute('class', `i i-${name}`);
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(space, 'use');
  use.setAttribute('href', `${new URL('../icons.svg', import.meta.url).pathname}#${name}`);
  svg.append(use);
  return svg;
}

/**
 * An element with attributes and children.
 * @param {string} tag
 * @param {Record<string, string|boolean|undefined>} [attributes] `true` sets an empty attribute
 * @param {...(Node|string)} children
 * @returns {HTMLElement}
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, '');
    else if (value !== false && value !== undefined) element.setAttribute(name, String(value));
  }
  element.append(...children);
  return element;
}

/**
 * A button that is an icon.
 * @param {string} picture
 * @param {string} label
 * @param {() => void} act
 */
export function iconButton(picture, label, act) {
  const button = el('button', { type: 'button', class: 'icon small', 'aria-label': label, title: label }, icon(picture));
  button.addEventListener('click', act);
  return button;
}

/**
 * Says something in the corner of the page.
 * @param {string} text
 * @param {'info'|'ok'|'wait'|'bad'} [tone]
 */
export function toast(text, tone = 'info') {
  const icons = { info: 'info', ok: 'circle-check', wait: 'clock', bad: 'circle-alert' };
  const close = el('button', { type: 'button', class: 'icon small', 'data-dismiss': true, 'aria-label': 'Dismiss' }, icon('x'));
  const box = el('div', { class: `toast ${tone}` }, icon(icons[tone]), el('p', {}, text), close);
  document.getElementById('toasts')?.append(box);
  fade(box);
}

/** @param {Element} box removes itself after a while unless somebody looks at it */
function fade(box) {
  const seconds = 6 + (box.textContent?.length ?? 0) / 20;
  setTimeout(() => (box.matches(':hover, :focus-within') ? fade(box) : box.remove()), seconds * 1000);
}

/**
 * Whether keys typed there are text.
 * @param {EventTarget|null} target
 */
export function isTyping(target) {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches('input:not([type=checkbox], [type=radio]), textarea, select'));
}

document.querySelectorAll('#toasts .toast:not(.bad)').forEach(fade);
document.addEventListener('click', (event) => {
  if (event.target instanceof Element) event.target.closest('[data-dismiss]')?.closest('.toast')?.remove();
});
