/** Who a drive is: model and serial, with NGUID and EUI-64 as witnesses where both sides know them. */

export interface KnownIdentity {
  model: string;
  serial: string;
  nguid: string | null;
  eui64: string | null;
}

/** A phrase that says what differs, or null when `observed` is who `expected` says. Pure. */
export function identityMismatch(expected: KnownIdentity, observed: KnownIdentity): string | null {
  for (const field of ["model", "serial"] as const) {
    if (expected[field].trim() !== observed[field].trim())
      return `${field} is "${observed[field].trim()}" and not "${expected[field].trim()}"`;
  }
  for (const field of ["nguid", "eui64"] as const) {
    const want = expected[field];
    // A witness that was known and is missing now is a change as well.
    if (want !== null && want !== observed[field]) return `${field} is ${observed[field] ?? "missing"} and not ${want}`;
  }
  return null;
}

/** As above for two statements of which neither is an observation: a witness counts only where both name it. */
export function identityContradiction(listed: KnownIdentity, ordered: KnownIdentity): string | null {
  const nguid = listed.nguid === null || ordered.nguid === null ? null : ordered.nguid;
  const eui64 = listed.eui64 === null || ordered.eui64 === null ? null : ordered.eui64;
  return identityMismatch(
    { ...listed, nguid: nguid === null ? null : listed.nguid, eui64: eui64 === null ? null : listed.eui64 },
    { ...ordered, nguid, eui64 },
  );
}
