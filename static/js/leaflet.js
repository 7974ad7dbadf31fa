/** The one Leaflet of a page: django-leaflet's build, which is a classic script with a global, as a module. */
export const L = window.L
export default L
