"""The pieces of the pages, as templates write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django import forms
from django.template import Context, Engine
from django.test import RequestFactory
from django.utils import translation

from ecluse.delivery.console import axes, icons
from ecluse.delivery.console.charts import (
    Bars,
    Columns,
    Donut,
    Funnel,
    Heat,
    HeatRow,
    Lines,
    Part,
    Series,
    Spark,
    Step,
)
from tests.delivery.console.conftest import Gateway

HOSTILE = '<script>"&'


def write(text: str, **values: Any) -> str:
    """A template with the pieces built in, in French."""
    from django.template import engines

    engine: Engine = engines["django"].engine  # type: ignore[attr-defined]
    with translation.override("fr"):
        return engine.from_string(text).render(Context(values))


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(
    "text",
    [
        '{% chip "ok" x %}', "{% copy x %}", "{% copy x x %}", "{% why x %}{{ x }}{% endwhy %}",
        "{% empty x x %}{{ x }}{% endempty %}", "{% pages x x %}", '{% clock 3 30 x "ok" x %}',
    ],
)  # fmt: skip
def test_what_comes_from_outside_is_escaped(gateway: Gateway, text: str) -> None:
    """Names of senders and of patients are written by others."""
    shown = write(text, x=HOSTILE)
    assert "<script" not in shown
    assert "&lt;script&gt;" in shown
    assert '="<' not in shown and '""&' not in shown


def test_a_state_has_a_sign_and_a_word(gateway: Gateway) -> None:
    """Never a colour alone; the sign is not read aloud."""
    shown = write('{% chip "bad" "Rejeté" %}')
    assert 'class="chip bad"' in shown
    assert icons.drawings()["octagon-x"] in shown
    assert 'aria-hidden="true"' in shown
    assert "<span>Rejeté</span>" in shown


@pytest.mark.parametrize(("level", "word"), [("qualifiee", "Qualifiée"), ("retiree", "Retirée"), ("", "–")])
def test_a_trust_level_is_named(gateway: Gateway, level: str, word: str) -> None:
    """In the words of the RNIV; a dash when there is none."""
    assert word in write("{% trust level %}", level=level)


def test_a_moment_is_relative_and_exact(gateway: Gateway) -> None:
    """Whatever it is given; nothing is a dash."""
    when = datetime.now(UTC) - timedelta(minutes=3)
    for given in (when, when.isoformat()):
        shown = plain(write("{% moment when %}", when=given))
        assert "il y a 3 min" in shown
        assert re.search(r'title="\d\d/\d\d/\d{4} \d\d:\d\d:\d\d', shown)
    assert "–" in write("{% moment when %}", when=None)


@pytest.mark.parametrize(
    ("given", "middle", "words"),
    [
        ('41 90 "jusqu’au 31/12" "ok"', "41", "41 jours restants"),
        ('1 90 "d" "warn"', "1", "1 jour restant"),
        ('0 90 "d" "bad"', "0", "Dernier jour"),
        ('-3 90 "d" "bad"', "−3", "3 jours de retard"),
        ('1200 90 "d" "ok"', "999+", "1 200 jours restants"),
        ('41 90 "depuis le 12/11" "paused" "Une pièce est attendue."', "41", "En pause, 41 jours restants"),
    ],
)
def test_a_clock_says_in_words_what_its_ring_shows(
    gateway: Gateway, given: str, middle: str, words: str
) -> None:
    """The ring is a drawing, never alone: days left, the date, and why it does not run."""
    shown = plain(write(f"{{% clock {given} %}}"))
    assert f">{middle}</text>" in shown and f"<span>{words}</span>" in shown
    assert not re.search(r"style=|<style", shown)
    assert ("Une pièce est attendue." in shown) == ("paused" in given)


@pytest.mark.parametrize(("days", "part"), [(90, 1.0), (45, 0.5), (120, 1.0), (0, 0.0), (-5, 0.0)])
def test_the_ring_of_a_clock_is_as_long_as_what_is_left(gateway: Gateway, days: int, part: float) -> None:
    """Never longer than once around; nothing is drawn of a term that is over."""
    shown = write('{% clock days 90 "d" "ok" %}', days=days)
    arcs = re.findall(r'class="arc".*?stroke-dasharray="([\d.]+) ([\d.]+)"', shown)
    assert [round(float(drawn) / float(around), 3) for drawn, around in arcs] == ([part] if part else [])


@pytest.mark.parametrize(
    ("origin", "word"),
    [
        ("rehearsal", "Répétition"), ("real", "Réel"), ("platform", "Plateforme nationale"),
        ("attestation", "Attestation"), ("document", "Document"),
    ],
)  # fmt: skip
def test_an_evidence_says_where_it_comes_from(gateway: Gateway, origin: str, word: str) -> None:
    """A rehearsal is never taken for an official result; an origin nobody knows is an error of ours."""
    assert f"<span>{word}</span>" in write("{% evidence origin %}", origin=origin)
    with pytest.raises(KeyError):
        write('{% evidence "official" %}')


def test_a_stable_link_is_whole_and_carries_nothing_that_was_asked(gateway: Gateway) -> None:
    """Who has no script reads the address itself."""
    request = RequestFactory().get("/flux/messages/12/?vue=brut", headers={"host": "localhost"})
    shown = write("{% stable_link %}", request=request)
    assert 'data-copy="http://localhost/flux/messages/12/"' in shown
    assert '<a class="stable-address" href="http://localhost/flux/messages/12/">' in shown
    other = write('{% stable_link anchor="jeton-"|add:x %}', request=request, x='a"')
    assert 'data-copy="http://localhost/flux/messages/12/#jeton-a&quot;"' in other


class Example(forms.Form):
    """A form with each kind of field."""

    name = forms.CharField(label="Nom", help_text="Tel qu’il paraît.")
    role = forms.ChoiceField(label="Rôle", choices=[("a", "Un"), ("b", "Deux")], widget=forms.RadioSelect)
    told = forms.BooleanField(label="Prévenir", required=False)
    hidden = forms.CharField(widget=forms.HiddenInput)


def test_a_field_is_tied_to_its_label_its_hint_and_its_error(gateway: Gateway) -> None:
    """What a screen reader says when the field is reached."""
    shown = write("{% field form.name %}", form=Example({}))
    assert '<label for="id_name">' in shown
    described = re.search(r'<input[^>]*aria-describedby="([^"]+)"', shown)
    assert described
    for target in described[1].split():
        assert f'id="{target}"' in shown
    assert 'aria-invalid="true"' in shown
    assert "(facultatif)" not in shown


def test_a_choice_is_a_group_with_its_legend(gateway: Gateway) -> None:
    """Radio buttons are named by their legend, and each by its label."""
    shown = write("{% field form.role %}", form=Example({}))
    assert "<fieldset" in shown and "<legend>Rôle" in shown
    described = re.search(r'<fieldset[^>]*aria-describedby="([^"]+)"', shown)
    assert described and f'id="{described[1]}"' in shown


def test_errors_lead_to_their_fields(gateway: Gateway) -> None:
    """Each line of the summary is a link to a control that is there; what has no field is plain."""
    form = Example({"role": "z"})
    form.is_valid()
    form.add_error(None, "Déjà fait.")
    page = write("{% errors form %}{% for one in form %}{% field one %}{% endfor %}", form=form)
    assert 'role="alert"' in page
    assert "4 points sont à corriger" in plain(page)
    links = re.findall(r'<li><a href="#([^"]+)"', page)
    assert links == ["id_name", "id_role_0"]
    for target in links:
        assert f'id="{target}"' in page
    assert "<li>Déjà fait.</li>" in page
    assert write("{% errors form %}", form=Example({"name": "x", "role": "a", "hidden": "y"})).strip() == ""


AT = ("14:00", "14:01", "14:02")
OVER_TIME = (Series("Acceptés", "ok", (1200, 3, 0)), Series(HOSTILE, "bad", (0, 1, 0)))


@pytest.mark.parametrize(
    "chart",
    [
        Columns(HOSTILE, "messages", AT, OVER_TIME),
        Lines(HOSTILE, "ms", AT, OVER_TIME),
        Donut(HOSTILE, "patients", (Part(HOSTILE, "ok", 3, HOSTILE, "/x"),)),
        Funnel(HOSTILE, (Step(HOSTILE, 3, HOSTILE), Step("b", 1)), "patients"),
        Bars(HOSTILE, HOSTILE, "refus", (Part(HOSTILE, "ok", 3, HOSTILE, "/x"),)),
        Heat(HOSTILE, HOSTILE, "refus", (HOSTILE,), (HeatRow(Part(HOSTILE, "warn", 3), (3,), ("/x",)),)),
        Spark((1, 2, 3), HOSTILE),
    ],
    ids=lambda chart: type(chart).__name__,
)
def test_a_chart_obeys_the_policy_and_escapes(gateway: Gateway, chart: Any) -> None:
    """No style, no script, nothing of what others wrote taken for markup."""
    shown = write("{% chart chart %}", chart=chart)
    assert not re.search(r"style=|<style|<script|\son\w+=", shown)
    assert "&lt;script&gt;" in shown


def test_columns_are_as_high_as_what_they_count(gateway: Gateway) -> None:
    """Stacked from the bottom, on a round scale; the same numbers are in the table."""
    one = Columns("Messages", "messages", AT, (Series("A", "ok", (10, 0, 5)), Series("B", "bad", (10, 0, 0))))
    shown = one.html()
    bars = re.findall(
        r'<rect class="(ok|bad)" x="([\d.]+)%" y="([\d.]+)" width="[\d.]+%" height="([\d.]+)"', shown
    )
    assert [(kind, float(y), float(height)) for kind, _, y, height in bars] == [
        ("ok", 84, 84), ("bad", 0, 84), ("ok", 126, 42),
    ]  # fmt: skip
    assert re.findall(r'data-label="A">([^<]+)<', shown) == ["10", "0", "5"]
    assert "de 0 à 20 messages." in plain(write("{% chart chart %}", chart=one))


def test_a_line_is_broken_where_nothing_was_measured() -> None:
    """A gap is not a zero, and a lone value is seen."""
    assert axes.path((1, 2, None, 4), 4, 100) == "M0 75L333.33 50M996 0h8"
    assert axes.path((), 4, 100) == ""


def test_parts_of_a_ring_make_the_whole(gateway: Gateway) -> None:
    """Their lengths, gaps included, go once around; shares are written as French writes them."""
    ring = Donut(
        "Identités", "patients", (Part("A", "ok", 2, "x"), Part("B", "bad", 1), Part("C", "none", 0))
    )
    shown = plain(write("{% chart chart %}", chart=ring))
    arcs = re.findall(r'stroke-dasharray="([\d.]+) ([\d.]+)" stroke-dashoffset="-?([\d.]+)"', shown)
    assert len(arcs) == 2
    around = float(arcs[0][1])
    assert float(arcs[0][0]) + 2 == pytest.approx(2 * around / 3, abs=0.02)
    assert float(arcs[1][2]) == pytest.approx(2 * around / 3, abs=0.02)
    assert "66,7 %" in shown and "33,3 %" in shown


def test_a_heat_table_is_darker_where_there_is_more(gateway: Gateway) -> None:
    """By five shades, nothing left without one; each count leads to where it is listed."""
    rows = (
        HeatRow(Part("R1", "warn", 101, "a rule", "/r"), (100, 1), ("/r/1/", "/r/2/")),
        HeatRow(Part("R2", "warn", 30), (0, 30)),
    )
    shown = plain(write("{% chart chart %}", chart=Heat("Refus", "Règle", "refus", ("GAM", "LGC"), rows)))
    cells = re.findall(r'class="number shade-(\d)" data-label="(\w+)">(?:<a href="([^"]+)">)?([^<]+)<', shown)
    assert cells == [
        ("5", "GAM", "/r/1/", "100"), ("1", "LGC", "/r/2/", "1"), ("0", "GAM", "", "–"), ("3", "LGC", "", "30"),
    ]  # fmt: skip
    assert re.findall(r'class="number sum" data-label="Total">(\d+)<', shown) == ["101", "30"]


def test_a_day_that_was_not_counted_is_no_zero(gateway: Gateway) -> None:
    """There is no column, and the table has a dash."""
    one = Columns("Identités", "identités", ("17/11", "18/11"), (Series("A", "ok", (None, 3)),), "Jour")
    shown = write("{% chart chart %}", chart=one)
    assert re.findall(r'data-label="A">([^<]+)<', shown) == ["–", "3"]
    assert '<th scope="col">Jour</th>' in shown and "17/11 : –" in plain(shown)


def test_a_funnel_tells_what_is_lost(gateway: Gateway) -> None:
    """Share of the first step, and what is gone since the one before."""
    steps = (Step("Identités", 2000), Step("Validées", 1999), Step("Utilisables", 0))
    shown = plain(write("{% chart chart %}", chart=Funnel("INS", steps, "patients")))
    assert "99,9 %" in shown
    assert re.findall(r'class="number lost">([^<]+)<', shown) == ["–", "−1", "−1 999"]


@pytest.mark.parametrize(
    ("highest", "expected"),
    [
        (0, (0, 1)), (1, (0, 1)), (3, (0, 1, 2, 3, 4)), (7, (0, 2, 4, 6, 8)), (20, (0, 5, 10, 15, 20)),
        (21, (0, 10, 20, 30)), (1234, (0, 500, 1000, 1500)),
    ],
)  # fmt: skip
def test_a_scale_is_round(highest: float, expected: tuple[float, ...]) -> None:
    """Steps of 1, 2 or 5; nothing is counted by halves."""
    assert axes.whole_ticks(highest) == expected


def test_labels_under_a_chart_are_spread() -> None:
    """First and last included, five at most."""
    assert axes.spread(60) == (0, 15, 30, 44, 59)
    assert axes.spread(3) == (0, 1, 2)
    assert axes.spread(0) == ()


def test_a_chart_of_nothing_says_so(gateway: Gateway) -> None:
    """An empty hour is not a broken chart."""
    empty = Columns("Messages", "messages", AT, (Series("A", "ok", (0, 0, 0)),))
    assert "Rien sur cette période" in write("{% chart chart %}", chart=empty)
