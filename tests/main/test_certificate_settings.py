"""Settings of certificates and mail that cannot work are refused where they are written."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecluse.main.configuration import ConfigurationError, load


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("[certificates]\nalarm_days = []", "alarm_days"),
        ("[certificates]\nalarm_days = [30, 0]", "alarm_days"),
        ('[certificates]\nalarm_days = ["30"]', "whole numbers"),
        ("[certificates]\ncrl_minutes = 1", "crl_minutes"),
        ('[certificates]\nallowed_networks = ["hospital"]', "allowed_networks"),
        ('[certificates]\ntls_revocation = "none"', "soft"),
        ('[mail]\nhost = "mail.example"\nsender = "a@b.example"', "mailboxes"),
        ('[mail]\nhost = "mail.example"\nsender = "nobody"', "sender"),
        (
            '[mail]\nhost = "mail.example"\nsender = "a@b.example"\nmailboxes = ["c@d.example"]\n'
            'security = "none"',
            "starttls",
        ),
    ],
)
def test_a_wrong_setting_names_its_line(tmp_path: Path, text: str, word: str) -> None:
    (tmp_path / "ecluse.toml").write_text(text, "utf-8")
    with pytest.raises(ConfigurationError, match=word) as raised:
        load(tmp_path, {})
    assert "ecluse.toml, line" in str(raised.value)


def test_days_and_mailboxes_are_read_from_variables_too(tmp_path: Path) -> None:
    told = {"ECLUSE_CERTIFICATES_ALARM_DAYS": "45, 5", "ECLUSE_MAIL_MAILBOXES": "a@b.example, c@d.example"}
    found = load(tmp_path, told)
    assert found.certificates.alarm_days == (45, 5)
    assert found.mail.mailboxes == ("a@b.example", "c@d.example")
