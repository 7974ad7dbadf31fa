/** Small pieces of pages made by script; text only ever as text. */

/** An icon out of the page's sprite, as the page's own icons are. */
export function icon(name, size = 16) {
  const like = document.querySelector('svg.icon use[href*="icons.svg"]')
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  svg.setAttribute('class', 'icon')
  svg.setAttribute('width', size)
  svg.setAttribute('height', size)
  svg.setAttribute('aria-hidden', 'true')
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use')
  use.setAttribute('href', `${like ? like.getAttribute('href').split('#')[0] : '/static/vendor/icons.svg'}#i-${name}`)
  svg.append(use)
  return svg
}

/** An element with attributes and children; text only as text. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (name === 'class') element.className = value
    else if (name.startsWith('on')) element.addEventListener(name.slice(2), value)
    else if (value !== false && value !== null) element.setAttribute(name, value === true ? '' : value)
  }
  element.append(...children.filter((child) => child !== null && child !== ''))
  return element
}

/** Asks before something that cannot be taken back; resolves to true only for the button that does it. */
export function confirmed({ title, text = '', yes, no, danger = false }) {
  return new Promise((resolve) => {
    const dialog = make('dialog', { class: 'ph-dialog', 'aria-labelledby': 'ph-dialog-title' },
      make('h2', { id: 'ph-dialog-title' }, title), text ? make('p', {}, text) : '',
      make('div', { class: 'ph-two' },
        make('button', { type: 'button', class: 'ph-btn', autofocus: true, onclick: () => dialog.close('') }, no),
        make('button', { type: 'button', class: `ph-btn ${danger ? 'danger' : 'pri'}`, onclick: () => dialog.close('yes') }, yes)))
    dialog.addEventListener('close', () => {
      resolve(dialog.returnValue === 'yes')
      dialog.remove()
    })
    document.body.append(dialog)
    dialog.showModal()
  })
}
