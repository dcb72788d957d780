"""Every sentence has its English, and what is read is what was written."""

from __future__ import annotations

import gettext
import io
from pathlib import Path

import pytest

from scripts import translations

AREAS = translations.areas()


@pytest.mark.parametrize("area", AREAS, ids=lambda area: area.folder.name)
def test_every_sentence_of_an_area_has_its_english(area: translations.Area, sqlite_store: object) -> None:
    """Of its templates and its modules; its catalogue is compiled and says nothing more."""
    assert list(translations.faults(area.folder.name)) == []


def test_a_compiled_catalogue_is_read_by_gettext() -> None:
    """Singulars, plurals, accents and quotes."""
    entries = {("« Oui »\n", ""): ("“Yes”\n",), ("%(n)s pli", "%(n)s plis"): ("%(n)s fold", "%(n)s folds")}
    read = gettext.GNUTranslations(io.BytesIO(translations.compiled(entries)))
    assert read.gettext("« Oui »\n") == "“Yes”\n"
    assert read.ngettext("%(n)s pli", "%(n)s plis", 1) == "%(n)s fold"
    assert read.ngettext("%(n)s pli", "%(n)s plis", 2) == "%(n)s folds"


def test_a_written_catalogue_is_read_back(tmp_path: Path) -> None:
    """Quotes, backslashes and ends of lines included."""
    entries = {('dit "non" \\', ""): ("says “no”",), ("a\nb", ""): ("c\nd",), ("x", "y"): ("", "")}
    file = tmp_path / "django.po"
    file.write_text(translations.written(entries), "utf-8")
    found = translations.read(file)
    assert {key: value for key, value in found.items() if key[0]} == entries


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.html", '{% load i18n %}{% translate "Oui" %} {{ _("Non") }}', [("Oui", ""), ("Non", "")]),
        (
            "b.html",
            "{% load i18n %}{% blocktranslate count n=3 %}{{ n }} pli{% plural %}{{ n }} plis{% endblocktranslate %}",
            [("%(n)s pli", "%(n)s plis")],
        ),
        (
            "c.html",
            "{% load i18n %}{% blocktranslate %}L’« INS » de 100 %{% endblocktranslate %}",
            [("L’« INS » de 100 %%", "")],
        ),
        ("d.py", 'x = _("Oui"); y = ngettext("un", "deux", 2); z = gettext(other)', [("Oui", ""), ("un", "deux")]),
    ],
)  # fmt: skip
def test_sentences_are_found(
    tmp_path: Path, sqlite_store: object, name: str, text: str, expected: list[object]
) -> None:
    """In templates and in modules."""
    (tmp_path / name).write_text(text, "utf-8")
    assert list(translations.sentences(tmp_path / name)) == expected


def test_one_sentence_with_two_english_texts_is_refused() -> None:
    """Django reads the catalogues of all areas as one."""
    one, other = Path("console/feeds"), Path("console/home")
    same = {one: {("Oui", ""): ("Yes",)}, other: {("Oui", ""): ("Yes",), ("Non", ""): ("No",)}}
    assert list(translations.torn(same)) == []
    (found,) = translations.torn({**same, other: {("Oui", ""): ("Indeed",)}})
    assert "« Oui »" in found and "Indeed" in found and "feeds" in found
