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
      // A ring round it, round the row that it stands for, or round the words beside a field that is not drawn itself.
      const isRinged = (e) => getComputedStyle(e).outlineStyle !== 'none' && parseFloat(getComputedStyle(e).outlineWidth) >= 1
      let isShown = getComputedStyle(target).boxShadow !== 'none' || (target.nextElementSibling && isRinged(target.nextElementSibling))
      for (let up = target, n = 0; up && up !== document.body && n < 6 && !isShown; up = up.parentElement, n++) isShown = isRinged(up)
      const box = target.getBoundingClientRect()
      const isOutside = box.bottom <= 0 || box.top >= innerHeight || box.right <= 0 || box.left >= innerWidth
      if (!isShown) walk.unseen.add([target, 'its focus cannot be seen'])
      else if (isOutside && box.width > 1) walk.unseen.add([target, 'it is focused outside of the window'])
    }
  })
  document.activeElement?.blur()
  return press.length
}
