// What is wrong with the map as it stands: names upon one another, tiles that are missing. Awaits the page's own module.
async () => {
  const faults = []
  const root = document.querySelector('#workbench')
  if (!root) return faults
  if (root.dataset.settled !== 'true') faults.push('tiles are not all there')
  const script = [...document.querySelectorAll('script[type=module][src]')].find((one) => /map\/main(\.\w+)?\.js/.test(one.src))
  if (!script) return [...faults, 'the map has no script']
  const { workbench } = await import(script.src)
  if (workbench?.names) {
    // The names of places come with the basemap, which is not waited for by what is urgent.
    for (let frame = 0; frame < 300 && workbench.names.length === 0; frame++) await new Promise(requestAnimationFrame)
    const names = workbench.names
    for (let i = 0; i < names.length; i++) {
      for (let j = i + 1; j < names.length; j++) {
        const [a, b] = [names[i], names[j]]
        if (a[0] < b[2] - 0.5 && a[2] > b[0] + 0.5 && a[1] < b[3] - 0.5 && a[3] > b[1] + 0.5) faults.push(`names overlap: ${a.map(Math.round)} and ${b.map(Math.round)}`)
      }
    }
    if (names.length === 0) faults.push('no name stands on the map')
  }
  for (const canvas of document.querySelectorAll('#map canvas')) if (canvas.width === 0 && canvas.clientWidth > 0) faults.push('a canvas of the map is empty')
  return faults
}
