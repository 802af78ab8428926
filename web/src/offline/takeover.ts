// What the page says to a waiting worker when its reader agrees to the newer version.
export const TAKE_OVER = 'take over';
