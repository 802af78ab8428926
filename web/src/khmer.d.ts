// Khmer names, made when the page is built (vite.config.ts).
declare module 'virtual:khmer' {
  export const regions: Record<string, string>;
  export const months: string[];
}
