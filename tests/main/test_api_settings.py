"""The settings of [api]: how often a token may ask, and which proxies tell client certificates."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecluse.main.configuration import Api, ConfigurationError, load, reload


def written(data: Path, *lines: str) -> Path:
    (data / "ecluse.toml").write_text("\n".join(["[api]", *lines]), "utf-8")
    return data


def test_no_header_is_believed_unless_a_person_wrote_it(tmp_path: Path) -> None:
    assert load(tmp_path, {}).api == Api(rate=50.0, burst=200)


def test_a_running_gateway_takes_them_in(tmp_path: Path) -> None:
    before = load(written(tmp_path, "rate = 5"), {})
    written(tmp_path, "rate = 80", 'client_certificate_header = "X-Client-Certificate"')
    renewed = reload(before, {"ECLUSE_API_CLIENT_CERTIFICATE_PROXIES": "10.1.2.3,10.9.0.0/16"})
    assert renewed.configuration.api == Api(
        rate=80.0,
        client_certificate_header="X-Client-Certificate",
        client_certificate_proxies=("10.1.2.3", "10.9.0.0/16"),
    )
    assert renewed.waiting == ()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("rate = 0", "rate = 0"),
        ("burst = 0", "burst = 0"),
        ("burst = 1.5", "a whole number"),
        ('client_certificate_header = "X Client"', "the name of a header"),
        ('client_certificate_header = "X_Client"', "the name of a header"),
        ('client_certificate_proxies = ["proxy"]', "addresses or networks"),
    ],
)
def test_a_wrong_setting_is_told_with_its_line(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load(written(tmp_path, line), {})
    assert said in refused.value.en
    assert "line 2" in refused.value.en


def test_a_variable_tells_a_number_with_a_fraction(tmp_path: Path) -> None:
    assert load(tmp_path, {"ECLUSE_API_RATE": "2.5"}).api.rate == 2.5
    for text in ("many", "nan", ""):
        with pytest.raises(ConfigurationError, match=r"ECLUSE_API_RATE.*number"):
            load(tmp_path, {"ECLUSE_API_RATE": text})
