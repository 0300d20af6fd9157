import { icon, toast } from './dom.js';

/** Copies `data-copy` of the button inside, and says so on the button. */
class CopyButton extends HTMLElement {
  connectedCallback() {
    this.addEventListener('click', this);
  }

  async handleEvent() {
    const button = this.querySelector('button');
    if (!button) return;
    try {
      await copy(button.dataset.copy ?? '');
    } catch {
      toast('The browser did not allow copying. Select the text and copy it by hand.', 'bad');
      return;
    }
    button.dataset.copied = '';
    button.replaceChildren(icon('check'));
    const label = button.getAttribute('aria-label') ?? 'Copy';
    button.setAttribute('aria-label', 'Copied');
    setTimeout(() => {
      delete button.dataset.copied;
      button.setAttribute('aria-label', label);
      button.replaceChildren(icon('copy'));
    }, 1600);
  }
}

/** @param {string} text */
async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  // Over plain HTTP there is no clipboard object.
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'sr';
  document.body.append(area);
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  if (!done) throw new Error('copy refused');
}

customElements.define('copy-button', CopyButton);
