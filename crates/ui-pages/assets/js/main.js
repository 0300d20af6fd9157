import './time-ago.js';
import './copy-button.js';
import './log-view.js';
import './menus.js';
import './theme.js';
import './forms.js';
import './live.js';
import './palette.js';
