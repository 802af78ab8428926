// A level as a mark: the issuer's colour, a pattern by our reading of it, never the colour alone.

/** Whether dark marks are seen better on a colour `#rrggbb` than light ones. */
export function isLight(colour: string): boolean {
  const channel = (i: number) => parseInt(colour.slice(i, i + 2), 16) || 0;
  return 299 * channel(1) + 587 * channel(3) + 114 * channel(5) > 140_000;
}

/** The patterns that swatches name; once in a document. */
export function Patterns() {
  return (
    <svg class="defs" width="0" height="0" aria-hidden="true" focusable="false">
      <defs>
        {[['d', '#000'], ['l', '#fff']].map(([tone, ink]) => (
          <>
            <pattern id={`p2${tone}`} width="8" height="8" patternUnits="userSpaceOnUse">
              <circle cx="4" cy="4" r="1.5" fill={ink} />
            </pattern>
            <pattern id={`p3${tone}`} width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
              <path d="M0 0V7" stroke={ink} stroke-width="3" />
            </pattern>
            <pattern id={`p4${tone}`} width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
              <path d="M0 0V8M0 0H8" stroke={ink} stroke-width="2.5" />
            </pattern>
            <pattern id={`p5${tone}`} width="28" height="28" patternUnits="userSpaceOnUse">
              <path d="M7 7 21 21M21 7 7 21" stroke={ink} stroke-width="4" />
            </pattern>
          </>
        ))}
      </defs>
    </svg>
  );
}

export function Swatch({ colour, severity }: { colour: string; severity: number }) {
  return (
    <svg class="swatch" width="28" height="28" viewBox="0 0 28 28" aria-hidden="true" focusable="false">
      <rect width="28" height="28" rx="5" fill={colour} />
      {severity > 1 && <rect width="28" height="28" rx="5" fill={`url(#p${severity}${isLight(colour) ? 'd' : 'l'})`} />}
    </svg>
  );
}
