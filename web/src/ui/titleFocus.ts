let wanted = false

/** The page has changed: the focus goes to its title, also when the title comes later with its data. */
export function wantTitleFocus(): void {
  wanted = true
  const target = document.querySelector<HTMLElement>('main h1') ?? document.querySelector<HTMLElement>('main')
  target?.focus({ preventScroll: true })
  const done = () => { wanted = false }
  window.addEventListener('keydown', done, { once: true, capture: true })
  window.addEventListener('pointerdown', done, { once: true, capture: true })
}

/** Takes the focus to a title that has just appeared, unless the user has gone on already. */
export function claimTitleFocus(title: HTMLElement | null): void {
  const lost = !document.activeElement || document.activeElement === document.body || document.activeElement.tagName === 'MAIN'
  if (wanted && lost) title?.focus({ preventScroll: true })
}
