/**
 * On an English page names stay Chinese. They are marked as such, for screen readers, hyphenation and the right font:
 * an element whose own text is mostly Chinese gets lang="zh-Hans". Pages in Chinese need nothing.
 */
const CHINESE = /\p{Script=Han}/gu
const LETTERS = /\p{L}/gu

/** Whether a text is mostly Chinese. Pure. */
export const isChinese = (text) => {
  const han = text.match(CHINESE)?.length ?? 0
  return han > 0 && han * 2 >= (text.match(LETTERS)?.length ?? 0)
}

function mark(root) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT)
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement
    if (!element || element.closest('[lang]') !== document.documentElement || element.matches('script, style, textarea, option')) continue
    if (isChinese(node.data)) {
      const own = [...element.childNodes].filter((child) => child.nodeType === Node.TEXT_NODE && child.data.trim())
      if (own.length === 1 || isChinese(own.map((child) => child.data).join(''))) element.lang = 'zh-Hans'
    }
  }
}

if (document.documentElement.lang === 'en') {
  mark(document.body)
  new MutationObserver((changes) => changes.forEach((change) => change.addedNodes.forEach((node) => node.nodeType === Node.ELEMENT_NODE && mark(node))))
    .observe(document.body, { childList: true, subtree: true })
}
