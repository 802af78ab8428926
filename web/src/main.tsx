// Starts the page in the language of whoever reads it.
import { render } from 'preact';
import { KeptPage } from './offline/KeptPage';
import { startWorker } from './offline/worker';
import { App } from './parts/App';
import './style/base.css';
import './style/page.css';
import './style/watch.css';
import { preferredLanguage, speak } from './words';

speak(preferredLanguage())
  .catch(() => speak('en'))
  .finally(() => {
    // under an advisory's address this page stands only where the worker put it: the service cannot be reached
    render(location.pathname === '/' ? <App /> : <KeptPage />, document.getElementById('app')!);
    // after the page itself: it must not wait for what helps the next time
    if (document.readyState === 'complete') void startWorker();
    else addEventListener('load', () => void startWorker());
  });
