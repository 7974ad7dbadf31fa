"""Files of a form: several in one field, stored before the verb so that a refusal of the words does not lose the pictures."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, QueryDict
from django.utils.translation import ngettext

from envmap.core.errors import BadInput, EnvmapError
from layers.catalogue.actions import store_attachment

from .doors import asker_of

MOST_FILES = 20


class ManyFilesInput(forms.ClearableFileInput):
    """A file input that takes several."""

    allow_multiple_selected = True


class ManyFilesField(forms.FileField):
    """A list of uploaded files, empty where none was chosen."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault(
            "widget", ManyFilesInput(attrs={"multiple": True, "accept": "image/*,application/pdf,audio/*,video/*"})
        )
        super().__init__(**kwargs)

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        files = data if isinstance(data, list | tuple) else [data] if data else []
        return [super(ManyFilesField, self).clean(one, initial) for one in files]


def keep_uploads(request: HttpRequest) -> tuple[QueryDict, list[EnvmapError]]:
    """Stores the chosen files and adds their ids to the form's `attachments`; a field of one picture, such as `before`,
    gets its id as `before_id` too.

    Gives the form's data with the ids, and the refusals of single files (a wrong type, too large, broken); the others
    are kept, so that a second try need not send them again.
    """
    data = request.POST.copy()
    files = [(name, upload) for name in request.FILES for upload in request.FILES.getlist(name)]
    if len(files) > MOST_FILES:
        sentence = ngettext(
            "At most %(n)s file goes with one report.", "At most %(n)s files go with one report.", MOST_FILES
        ) % {"n": MOST_FILES}
        return data, [BadInput(sentence, [{"field": "photos", "detail": sentence}])]
    refusals: list[EnvmapError] = []
    for name, upload in files:
        try:
            kept = str(store_attachment(by=asker_of(request), upload=upload).pk)
            data.appendlist("attachments", kept)
            if name != "photos":
                data[f"{name}_id"] = kept
        except EnvmapError as error:
            refusals.append(
                BadInput(
                    f"{upload.name}: {error.detail}", [{"field": "photos", "detail": f"{upload.name}: {error.detail}"}]
                )
            )
    return data, refusals
