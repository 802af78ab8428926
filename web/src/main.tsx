// Starts the page in the language of whoever reads it.
import { render } from 'preact';
import { App } from './parts/App';
import './style/base.css';
import './style/page.css';
import { preferredLanguage, speak } from './words';

speak(preferredLanguage())
  .catch(() => speak('en'))
  .finally(() => render(<App />, document.getElementById('app')!));
