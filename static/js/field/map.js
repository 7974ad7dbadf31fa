/** The map of the whole screen: stops, the features around them, and the card of the stop that was pressed. */
import { decode } from '../map/tiles.js'
import { tilesOver } from '../map/projection.js'
import { find, findIfAllowed } from './here.js'
import { Sheet, stopsOf } from './sheet.js'

const ZOOM = 14 // tiles below carry clusters, tiles of this zoom single features; the worker keeps the same ones
const host = document.querySelector('[data-sheet]')
const says = host.querySelector('[data-here-words]')
const layers = JSON.parse(document.getElementById('field-layers').textContent)
const tiles = new Map() // "layer z/x/y" → items

async function read(layer, { z, x, y }) {
  const key = `${layer} ${z}/${x}/${y}`
  if (tiles.has(key)) return
  tiles.set(key, [])
  try {
    const answer = await fetch(`/tiles/${layer}/${z}/${x}/${y}.mvt`)
    if (answer.ok && answer.status !== 204) tiles.set(key, decode(await answer.arrayBuffer(), layer, { z, x, y }))
    sheet.show([...tiles.values()].flat())
  } catch {
    tiles.delete(key) // no signal and not kept: the next look asks again
  }
}

let seen = ''
function around(view) {
  if (view.zoom < 12.5) return
  const box = [...view.toWorld(0, 0), ...view.toWorld(view.width, view.height)]
  const wanted = tilesOver(box, ZOOM)
  const key = JSON.stringify([wanted[0], wanted.at(-1)])
  if (wanted.length > 16 || key === seen) return
  seen = key
  for (const layer of layers) for (const tile of wanted) read(layer, tile)
}

const sheet = new Sheet(host, {
  stops: stopsOf(),
  onView: around,
  onStop: (number) => {
    for (const card of document.querySelectorAll('[data-chosen] > [data-card]')) card.hidden = card.dataset.card !== number
  },
})

async function locate(how) {
  try {
    const here = await how()
    if (here) sheet.standAt(here)
    says.textContent = ''
  } catch (error) {
    says.textContent = error.message
  }
}
host.addEventListener('field:locate', () => locate(() => find({ again: true })))
locate(findIfAllowed)
