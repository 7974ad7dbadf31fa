/** A photograph from the camera: made smaller on the phone, with its time and position kept in the file. */
import { build, exifOf, hasPosition, stamp, takenAt, upright, withExif } from './exif.js'

export const LONGEST = 2048 // px; enough to read a meter on the picture
const QUALITY = 0.85
export const MOST_BYTES = 30 * 2 ** 20

/** The longest side that a picture is drawn with. */
export const fitted = (width, height, longest = LONGEST) => {
  const share = Math.min(1, longest / Math.max(width, height))
  return [Math.max(1, Math.round(width * share)), Math.max(1, Math.round(height * share))]
}

async function drawn(file) {
  const picture = await createImageBitmap(file, { imageOrientation: 'from-image' })
  const [width, height] = fitted(picture.width, picture.height)
  const canvas = document.createElement('canvas')
  canvas.width = width
  canvas.height = height
  canvas.getContext('2d').drawImage(picture, 0, 0, width, height)
  picture.close()
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', QUALITY))
  canvas.width = canvas.height = 0 // phones keep little room for canvases
  if (!blob) throw new Error('no picture')
  return new Uint8Array(await blob.arrayBuffer())
}

/**
 * What is kept and sent of a chosen file: {blob, name, whole}. `whole` says that it could not be made smaller.
 *
 * @param {File} file
 * @param {{lon: number, lat: number, accuracy: number}|null} position where the phone is, for a camera that wrote none
 */
export async function prepare(file, position) {
  const name = file.name || 'photo.jpg'
  if (!file.type.startsWith('image/')) return { blob: file, name, whole: false }
  try {
    const old = exifOf(new Uint8Array(await file.slice(0, 256 * 1024).arrayBuffer()))
    const pixels = await drawn(file)
    let exif = old && upright(old)
    if (!exif || (!hasPosition(exif) && position)) {
      const camera = old && takenAt(old)
      exif = build({ ...(camera ? { time: camera } : stamp(file.lastModified || Date.now())), position })
    }
    return { blob: new Blob([withExif(pixels, exif)], { type: 'image/jpeg' }), name: name.replace(/\.\w+$/, '') + '.jpg', whole: false }
  } catch {
    return { blob: file, name, whole: true } // a format that this browser cannot open; the server judges it
  }
}
