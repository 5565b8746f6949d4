"""The reference has a page for every public room, and the site's navigation names them all."""

import pathlib

import pytest

import hornlet

ROOT = pathlib.Path(hornlet.__file__).parent.parent
ROOMS = sorted({*hornlet._ROOMS, *hornlet._OTHERS})


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_has_a_page(room):
    page = ROOT / "docs" / "reference" / f"{room}.md"
    assert page.read_text() == f"# hornlet.{room}\n\n::: hornlet.{room}\n"
    assert f"- {room}: reference/{room}.md" in (ROOT / "mkdocs.yml").read_text()


def test_no_page_is_left_behind():
    pages = {page.stem for page in (ROOT / "docs" / "reference").glob("*.md")}
    assert pages == set(ROOMS)
