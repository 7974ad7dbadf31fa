"""Static files with hashed names, relative imports of our ES modules included."""

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage


class ModuleManifestStorage(ManifestStaticFilesStorage):
    """Also rewrites `import './x.js'` in modules, so that a changed module is never served beside an old one."""

    support_js_module_import_aggregation = True
