// What the page says to its worker.

/** To one that waits, when its reader agrees to the newer version. */
export const TAKE_OVER = 'take over';
/** To the active one, by a page that no worker serves. */
export const SERVE_ME = 'serve me';
