"""All that changes the catalogue. Every function is one transaction and raises only envmap.core.errors."""

from .areas import NewArea, load_areas
from .attachments import hang, remove_unused_attachments, store_attachment, store_picture
from .conditions import end_grants, grant, lock_condition, set_condition
from .features import NewFeature, delete_feature, make_feature, make_feature_of, make_features, update_feature
from .layers import make_layer, share_layer, unshare_layer, update_layer
from .touches import gather_touches

__all__ = [
    "NewArea",
    "NewFeature",
    "delete_feature",
    "end_grants",
    "gather_touches",
    "grant",
    "hang",
    "load_areas",
    "lock_condition",
    "make_feature",
    "make_feature_of",
    "make_features",
    "make_layer",
    "remove_unused_attachments",
    "set_condition",
    "share_layer",
    "store_attachment",
    "store_picture",
    "unshare_layer",
    "update_feature",
    "update_layer",
]
