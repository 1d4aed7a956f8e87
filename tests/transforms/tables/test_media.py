"""Where a recording lies, and how a page links to it."""

import urllib.parse

import pytest

from pipeline.paths import absolute_media
from transforms.tables.media import media_href, media_path, media_url

ROW = {"path": "/archive/2016/a.mp4"}


def test_the_place_is_the_tables_or_another_folder_or_none():
    assert media_path(ROW, None) == "/archive/2016/a.mp4"
    assert media_path(ROW, "/mnt/tv/") == "/mnt/tv/a.mp4"
    assert media_path(ROW, "https://tv.example") == "https://tv.example/a.mp4"
    assert media_path(ROW, "none") is None
    assert media_path({"path": ""}, "/mnt") is None


@pytest.mark.parametrize(
    ("place", "page", "link"),
    [
        ("/archive/a.mp4", "/home/pages/p.html", "../../archive/a.mp4"),
        ("/home/pages/a.mp4", "/home/pages/p.html", "./a.mp4"),
        ("https://tv.example/a.mp4", "/home/p.html", "https://tv.example/a.mp4"),
        ("/archive/a b.mp4", "gs://bucket/p.html", "file:///archive/a%20b.mp4"),
        ("gs://bucket/a.mp4", "/home/p.html", None),
    ],
)
def test_links_are_relative_on_one_disk(place, page, link):
    assert media_href(place, page) == link


@pytest.mark.parametrize("leaf", ["javascript:alert(1).mp4", "a#b?c%20.mp4", "é \"'<>.mp4"])
def test_any_name_stays_a_path(leaf):
    link = media_href(f"/tv/{leaf}", "/tv/p.html")
    parts = urllib.parse.urlsplit(urllib.parse.urljoin("file:///tv/p.html", link))
    assert (parts.scheme, urllib.parse.unquote(parts.path), parts.query, parts.fragment) == (
        "file",
        f"/tv/{leaf}",
        "",
        "",
    )


@pytest.mark.parametrize(
    ("media", "place", "url"),
    [
        ("D:\\archive 1\\2016", "D:\\archive 1\\2016\\a.mp4", "file:///D:/archive%201/2016/a.mp4"),
        ("d:/archive/", "d:\\archive\\a.mp4", "file:///d:/archive/a.mp4"),
        ("\\\\server\\tv\\2016", "\\\\server\\tv\\2016\\a.mp4", "file://server/tv/2016/a.mp4"),
    ],
)
def test_a_folder_of_a_windows_machine(media, place, url):
    assert absolute_media(media) == media
    assert media_path(ROW, media) == place
    assert media_url(place) == url
    assert media_href(place, "/pages/a.html") == url
