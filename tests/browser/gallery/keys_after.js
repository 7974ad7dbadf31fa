// After a keyboard walk: what a mouse can press and Tab did not reach, and where the focus could not be seen.
() => {
  const { press, reached, unseen } = window.keyboardWalk
  const COMPOSITE = '[role=listbox], [role=tablist], [role=radiogroup], [role=menu], [role=menubar], [role=toolbar], [role=grid], [role=tree]'
  const describe = (e) => {
    const up = e.closest('[id]')
    const cls = typeof e.className === 'string' && e.className ? '.' + e.className.trim().split(/\s+/).join('.') : ''
    return `${up && up !== e ? `#${up.id} ` : ''}${e.tagName.toLowerCase()}${e.id ? '#' + e.id : ''}${cls} "${(e.getAttribute('aria-label') ?? e.textContent ?? '').trim().replace(/\s+/g, ' ').slice(0, 40)}"`
  }
  const all = [...reached]
  const isReached = (e) => {
    if (all.some((one) => one === e || one.contains(e) || e.contains(one))) return true
    if (e.matches('input[type=radio]')) return all.some((one) => one.type === 'radio' && one.name === e.name && one.form === e.form)
    const label = e.closest('label')
    if (label?.control) return label.control !== e && isReached(label.control)
    if (e.tabIndex < 0 || e.matches('[role=option], [role=tab], [role=gridcell]') || e.closest(COMPOSITE)) {
      const whole = e.closest(COMPOSITE)
      if (whole) return all.some((one) => whole.contains(one)) || all.some((one) => (one.getAttribute('aria-controls') ?? one.getAttribute('aria-owns')) === whole.id)
    }
    return false
  }
  const isStill = (e) => e.isConnected && e.checkVisibility({ visibilityProperty: true })
  // What only takes a script's focus (tabindex -1: a heading, a panel) is nothing to press.
  const isForScript = (e) => e.getAttribute('tabindex') === '-1' && !e.matches('a[href], button, input, select, textarea, summary') && getComputedStyle(e).cursor !== 'pointer'
  const missed = press.filter((e) => isStill(e) && !isForScript(e) && !isReached(e))
  const outermost = missed.filter((e) => !missed.some((other) => other !== e && other.contains(e)))
  const faults = [...outermost.map((e) => [e, 'Tab does not reach it']), ...[...unseen].filter(([e]) => e !== document.body)]
  // Of a list whose rows are all alike one is enough.
  const kinds = new Map(faults.map(([e, what]) => [`${what} ${e.tagName} ${e.className}`, [e, what]]))
  return [...kinds.values()].map(([e, what]) => `${what}: ${describe(e)}`)
}
