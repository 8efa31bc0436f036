const PRIVATE = /^(10\.|172\.(1[6-9]|2\d|3[01])\.|192\.168\.)/

/**
 * The network to look at first, from the address that this page was opened at: a private IPv4 address means its /24.
 * A name, or an address of this machine alone, says nothing.
 */
export function networkHere(host: string): string | null {
  const match = /^(\d{1,3}\.\d{1,3}\.\d{1,3})\.\d{1,3}$/.exec(host)
  return match && PRIVATE.test(host) ? `${match[1]}.0/24` : null
}
