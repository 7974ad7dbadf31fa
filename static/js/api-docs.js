/* The browsable REST reference: the document of this very server, nothing from any other host. */
(() => {
  'use strict';
  const place = document.getElementById('reference');
  const csrf = () => document.cookie.split('; ').find((pair) => pair.startsWith('csrftoken='))?.slice('csrftoken='.length);
  window.SwaggerUIBundle({
    url: place.dataset.document,
    domNode: place,
    deepLinking: true,
    docExpansion: 'list',
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    validatorUrl: null, // its default asks an outside host
    presets: [window.SwaggerUIBundle.presets.apis],
    requestInterceptor: (request) => {
      // A session's request proves that this page made it; one with a token needs no proof.
      const token = csrf();
      if (token && !request.headers.Authorization) request.headers['X-CSRFToken'] = token;
      return request;
    },
  });
})();
