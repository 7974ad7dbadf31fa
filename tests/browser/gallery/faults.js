// What is wrong with the page as it stands: a list of sentences. Called with what was asked for.
(asked) => {
  const faults = []
  const root = document.documentElement
  const kinds = new Map()
  const say = (what, element) => {
    // Of a list whose rows are all alike two are enough.
    const kind = element ? `${what} ${element.tagName} ${element.className}` : what
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
    if (kinds.get(kind) <= 2) faults.push(element ? `${what}: ${describe(element)}` : what)
  }
  const describe = (element) => {
    const text = (element.textContent ?? '').trim().replace(/\s+/g, ' ').slice(0, 40)
    const cls = typeof element.className === 'string' && element.className ? '.' + element.className.trim().split(/\s+/).join('.') : ''
    const up = element.closest('[id]')
    return `${up && up !== element ? `#${up.id} ` : ''}${element.tagName.toLowerCase()}${element.id ? '#' + element.id : ''}${cls} "${text}"`
  }

  // The page is what was asked for.
  if (asked.status < 400 && !(root.lang || '').toLowerCase().startsWith(asked.language === 'en' ? 'en' : 'zh')) say(`language is ${root.lang}, not ${asked.language}`)
  if (root.dataset.theme !== asked.theme) say(`theme is ${root.dataset.theme}, not ${asked.theme}`)

  // No sideways scroll, measured against the window that was asked for.
  const wide = document.scrollingElement.scrollWidth
  if (wide > asked.width) {
    say(`${wide} px wide in a window of ${asked.width}`)
    const out = [...document.body.querySelectorAll('*')].filter((e) => e.getBoundingClientRect().right > asked.width + 1 && !scrolls(e.parentElement))
    for (const element of out.slice(0, 3)) say('reaches out to the right', element)
  }

  function scrolls(element) {
    for (let up = element; up && up !== document.body; up = up.parentElement) {
      if (/(auto|scroll|hidden|clip)/.test(getComputedStyle(up).overflowX)) return true
    }
    return false
  }

  // No id twice: labels, anchors and aria point to the first only.
  const seen = new Set()
  for (const element of document.querySelectorAll('[id]')) {
    if (seen.has(element.id)) say('id twice', element)
    seen.add(element.id)
  }

  // Text is not cut: what is longer than its box says the whole in its title (or is read out whole by its label).
  const isHidden = (element) => !element.checkVisibility({ visibilityProperty: true, opacityProperty: true, contentVisibilityAuto: true })
  const hasOwnText = (element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim())
  for (const element of document.body.querySelectorAll('*')) {
    if (!hasOwnText(element) || element.closest('svg, script, style, template, .sr, [hidden]') || isHidden(element)) continue
    const own = element.getBoundingClientRect()
    if (own.width <= 1 || own.height <= 1) continue // for screen readers only
    const style = getComputedStyle(element)
    const cutAcross = style.overflowX !== 'visible' && !/(auto|scroll)/.test(style.overflowX) && element.scrollWidth > element.clientWidth + 1
    const cutDown = style.overflowY !== 'visible' && !/(auto|scroll)/.test(style.overflowY) && element.scrollHeight > element.clientHeight + 3
    if ((cutAcross || cutDown) && style.display !== 'inline' && !element.closest('[title]') && element.tagName !== 'OPTION') say('text is cut', element)
    // A button's or a chip's words reach out of its box.
    if (element.matches('button, .chip, .btn, a.button, th, summary') && style.overflowX === 'visible' && element.scrollWidth > element.clientWidth + 2 && style.display !== 'inline') say('words reach out of their box', element)
  }

  // Pictures are there.
  for (const image of document.images) if (image.complete && image.naturalWidth === 0 && image.currentSrc && !image.loading.includes('lazy')) say('picture is broken', image)
  return faults
}
