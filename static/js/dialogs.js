/** Asks before what cannot be taken back. Native <dialog>: focus is kept inside, Esc keeps everything as it is. */
let counter = 0

function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties)
  made.append(...children)
  return made
}

/**
 * Asks `title`; both buttons are verbs (`yes`, `no`). `field`: {label, required, maxLength} asks for a reason too.
 * Resolves to the reason ('' without a field) after `yes`, to null after `no` or Esc.
 */
export function ask({ title, text = '', field = null, yes, no, danger = false }) {
  counter += 1
  const [titleId, fieldId] = [`ask-${counter}`, `ask-field-${counter}`]
  const input = field && element('textarea', { id: fieldId, className: 'inp', rows: 2, required: Boolean(field.required), maxLength: field.maxLength ?? 2000, dir: 'auto' })
  const form = element('form', { method: 'dialog', className: 'stack' },
    element('h2', { id: titleId, textContent: title }),
    ...(text ? [element('p', { className: 'two', textContent: text })] : []),
    ...(field ? [element('div', { className: 'field' }, element('label', { className: 'lab', htmlFor: fieldId, textContent: field.label }), input)] : []),
    element('div', { className: 'dialog-ways' },
      element('button', { className: 'btn', value: 'no', formNoValidate: true, textContent: no }),
      element('button', { className: `btn ${danger ? 'danger' : 'pri'}`, value: 'yes', textContent: yes })))
  const dialog = element('dialog', { className: 'dialog' }, form)
  dialog.setAttribute('aria-labelledby', titleId)
  document.body.append(dialog)
  const cameFrom = document.activeElement
  dialog.showModal()
  ;(input ?? form.querySelector('[value=no]')).focus()
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      const answer = dialog.returnValue === 'yes' ? (input?.value.trim() ?? '') : null
      dialog.remove()
      cameFrom?.focus?.()
      resolve(answer)
    }, { once: true })
  })
}
