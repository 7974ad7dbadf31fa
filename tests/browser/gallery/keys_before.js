// Prepares a keyboard walk: writes down what a mouse can press, and from now on what takes the focus and how it shows.
() => {
  const NATIVE = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex], [contenteditable=true]'
  const ROLES = ['button', 'link', 'option', 'tab', 'checkbox', 'switch', 'slider', 'menuitem', 'radio', 'combobox', 'gridcell'].map((r) => `[role=${r}]`).join(', ')
  const isSeen = (e) => {
    const box = e.getBoundingClientRect()
    return box.width > 1 && box.height > 1 && e.checkVisibility({ visibilityProperty: true, opacityProperty: true, contentVisibilityAuto: true })
  }
  const isPointed = (e) => getComputedStyle(e).cursor === 'pointer' && (!e.parentElement || getComputedStyle(e.parentElement).cursor !== 'pointer')
  const isOff = (e) => e.disabled || e.closest('[inert], [aria-disabled=true], fieldset:disabled')
  const press = [...document.body.querySelectorAll('*')].filter((e) => (e.matches(NATIVE) || e.matches(ROLES) || isPointed(e)) && !isOff(e) && isSeen(e))
  const walk = { press, reached: new Set(), unseen: new Set(), last: null, order: [] }
  window.keyboardWalk = walk
  document.addEventListener('focusin', ({ target }) => {
    if (!walk.reached.has(target)) {
      walk.reached.add(target)
      walk.order.push(target)
      const style = getComputedStyle(target)
      const hasOutline = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1
      const within = target.closest('label, .field, [class*=focus]')
      const around = within && within !== target ? getComputedStyle(within) : null
      const isShown = hasOutline || style.boxShadow !== 'none' || (around && around.outlineStyle !== 'none')
      const box = target.getBoundingClientRect()
      const isOutside = box.bottom <= 0 || box.top >= innerHeight || box.right <= 0 || box.left >= innerWidth
      if (!isShown) walk.unseen.add([target, 'its focus cannot be seen'])
      else if (isOutside && box.width > 1) walk.unseen.add([target, 'it is focused outside of the window'])
    }
  })
  document.activeElement?.blur()
  return press.length
}
