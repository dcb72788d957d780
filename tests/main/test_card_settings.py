"""Settings of the sign-in by card: none by which any certificate would be believed."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path

import pytest

from ecluse.main.cards import card_authorities, use_cards
from ecluse.main.configuration import ConfigurationError, load
from ecluse.services.accounts import cards

CARD = "[accounts]\ncard = true\n"


def api(*proxies: str) -> str:
    return (
        '[api]\nclient_certificate_header = "X-Client-Certificate"\n'
        f"client_certificate_proxies = {list(proxies)}\n".replace("'", '"')
    )


def test_no_card_is_taken_unless_a_person_wrote_it(tmp_path: Path) -> None:
    use_cards(load(tmp_path, {}))
    assert cards.current() == cards.CardSettings()


def test_what_is_written_is_followed(tmp_path: Path) -> None:
    told = f'{CARD}card_level = "high"\ncard_revocation = "soft"\ncard_authorities = ["{"AB:" * 31}AB"]\n'
    (tmp_path / "ecluse.toml").write_text(told + api("10.1.2.3", "10.9.0.0/16"))
    configuration = load(tmp_path, {})
    use_cards(configuration)
    followed = cards.current()
    cards.use(cards.CardSettings())
    networks = (ip_network("10.1.2.3"), ip_network("10.9.0.0/16"))
    assert followed == cards.CardSettings(True, "X-Client-Certificate", networks, "high", False)
    assert card_authorities(configuration) == ("ab" * 32,)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (CARD, "needs client_certificate_header and client_certificate_proxies"),
        (CARD + '[api]\nclient_certificate_proxies = ["127.0.0.1"]\n', "needs client_certificate_header"),
        (CARD + '[api]\nclient_certificate_header = "X-Client-Certificate"\n', "127.0.0.1 included"),
        (CARD + api("0.0.0.0/0"), "would believe anybody"),
        (CARD + api("10.1.2.3", "::/0"), "would believe anybody"),
        ('[accounts]\ncard_authorities = ["AB"]\n', "64 hexadecimal digits"),
        ('[accounts]\ncard_level = "low"\n', "card_level"),
    ],
)
def test_settings_that_would_believe_nobody_or_anybody_are_refused(
    tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "ecluse.toml").write_text(text)
    with pytest.raises(ConfigurationError) as refused:
        load(tmp_path, {})
    assert said in refused.value.en
