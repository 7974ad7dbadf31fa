"""The theme is chosen a device, without script too."""

import pytest

pytestmark = pytest.mark.django_db


def test_a_device_keeps_its_theme_and_comes_back_to_the_page(client):
    assert 'data-theme="auto"' in client.get("/").content.decode()
    answer = client.post("/theme/", {"theme": "dark", "next": "/signin/"})
    assert (answer.status_code, answer["Location"]) == (302, "/signin/")
    assert 'data-theme="dark"' in client.get("/").content.decode()


def test_an_unknown_theme_is_refused_and_a_foreign_way_back_is_not_gone(client):
    answer = client.post("/theme/", {"theme": "neon"})
    assert answer.status_code == 400
    assert "auto, light, dark" in answer.content.decode()
    assert client.post("/theme/", {"theme": "light", "next": "//elsewhere.example/"})["Location"] == "/"
    client.cookies["theme"] = "neon"
    assert 'data-theme="auto"' in client.get("/").content.decode()
