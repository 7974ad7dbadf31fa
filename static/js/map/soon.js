/** Calls `act` once for a burst of calls, `ms` after the first of them. */
export function soon(ms, act) {
  let timer = 0
  return () => {
    timer ||= setTimeout(() => {
      timer = 0
      act()
    }, ms)
  }
}
