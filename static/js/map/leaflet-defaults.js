/* A classic script between Leaflet and django-leaflet's start: options that a map must have before it is made. */
L.Map.mergeOptions({ zoomControl: false, zoomAnimation: false, fadeAnimation: false, markerZoomAnimation: false, minZoom: 9, maxZoom: 18, zoomSnap: 0.25, wheelPxPerZoomLevel: 120, worldCopyJump: false, tapHold: false })
