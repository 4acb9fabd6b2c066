import { render } from 'preact';
import { App } from './app';
import { listenKeys } from './lib/keys';
import { begin } from './lib/live';
import { listen } from './lib/router';
import { applyTheme, watchSystem } from './lib/theme';
import './styles/base.css';
import './styles/parts.css';
import './styles/pages.css';

applyTheme();
watchSystem();
listen();
listenKeys();
void begin();

const root = document.getElementById('app');
if (root) render(<App />, root);
