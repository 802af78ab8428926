// Whether this browser can be told at all, and if not, what would help.

export type Ability = 'able' | 'ios' | 'insecure' | 'unsupported';

export function ability(): Ability {
  if (!window.isSecureContext) return 'insecure';
  if ('serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window) return 'able';
  // an iPad calls itself a Mac; on either only an app on the Home Screen may be told (iOS 16.4 and later)
  const ios = /iPad|iPhone|iPod/.test(navigator.userAgent) || (navigator.platform === 'MacIntel' && navigator.maxTouchPoints > 1);
  return ios ? 'ios' : 'unsupported';
}
