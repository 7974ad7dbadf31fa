"""Fills the words of a page's path with things of the demo that the role may see, asked of the API as that role."""

from __future__ import annotations

import re
import uuid
from functools import cache

import httpx

from tests.outside.client import Api

from .pages import NOBODY, Page


class NoSuchThing(LookupError):
    """The demo holds nothing of the kind that this role may see, so the page cannot be shown to it."""


class Places:
    """The things of one running demo. Each word is looked up once for a role."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self._api = cache(self._open)
        self.word = cache(self._word)

    def path(self, page: Page, role: str) -> str:
        """The page's address for the role. Raises NoSuchThing."""
        return re.sub(r"\{(\w+)\}", lambda found: str(self.word(found[1], role)), page.path)

    def _open(self, role: str) -> Api:
        return Api(self.base_url, None if role == NOBODY else role)

    def _word(self, word: str, role: str) -> str | int:
        api = self._api(role)
        match word:
            case "layer":
                seen = [one["key"] for one in self._some(word, role, api.get("/layers")["items"])]
                return "dust-sites" if "dust-sites" in seen else seen[0]
            case "feature":
                layer = self.word("layer", role)
                found = api.get(f"/layers/{layer}/features", limit=200)["features"]
                features = self._some(word, role, found)
                with_alarm = [one for one in features if one["properties"]["condition"] == "alarm"]
                return (with_alarm or features)[0]["id"]
            case "issue":
                return self._some(word, role, api.get("/issues", limit=100)["items"])[0]["number"]
            case "order":
                found = self._some(word, role, api.get("/orders", limit=200)["items"])
                # The one that has the most to show: sent back and reported again, with photos.
                return max(found, key=lambda one: (one["rework_count"], one["state"] == "reported"))["number"]
            case "station":
                return self._some(word, role, api.get("/stations", limit=1)["items"])[0]["mn"]
            case "rule":
                return self._some(word, role, api.get("/rules", limit=1)["items"])[0]["id"]
            case "report":
                return self._reported()
        raise AssertionError(f"no such word: {word}")

    def _reported(self) -> str:
        """A citizen's report, sent through the form; what its private link says behind /report/."""
        with httpx.Client(base_url=self.base_url, timeout=30, headers={"Referer": self.base_url}) as http:
            form = http.get("/report/").text
            token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form)
            kind = re.search(r'name="kind"[^>]*value="([\w-]+)"|<option value="([\w-]+)"', form)
            assert token and kind, "the report page has no form"
            told = {
                "description": "岸边有泡沫浮球，退潮后露出。",
                "lat": "24.6",
                "lon": "118.25",
                "kind": kind[1] or kind[2],
            }
            hidden = {"csrfmiddlewaretoken": token[1], "client_uuid": str(uuid.uuid4())}
            answer = http.post("/report/", data=told | hidden)
            assert answer.status_code == 303, answer.text[:500]
            return answer.headers["location"].removeprefix("/report/")

    def _some(self, word: str, role: str, found: list) -> list:
        if not found:
            raise NoSuchThing(f"the demo has no {word} that {role} may see")
        return found
