"""Settings: what is written, what wins, and what is refused with its place and a remedy."""

from __future__ import annotations

import re
import stat
import tomllib
from dataclasses import fields
from importlib.resources import files
from pathlib import Path

import pytest

from ecluse.main.configuration import (
    TABLES,
    Configuration,
    ConfigurationError,
    Listener,
    Rules,
    database,
    load,
    reload,
    split_address,
    write_default,
)
from tests.main.certificates import Pems, make_pems

DEFAULT = files("ecluse.main").joinpath("default_settings.toml").read_text("utf-8")


def write(data: Path, text: str) -> Path:
    data.mkdir(exist_ok=True)
    (data / "ecluse.toml").write_text(text, "utf-8")
    return data


@pytest.fixture(scope="module")
def pems(tmp_path_factory: pytest.TempPathFactory) -> Pems:
    """A certificate, its key, and a key of something else."""
    return make_pems(tmp_path_factory.mktemp("pems"))


# ---- what is written, what wins ---------------------------------------------------------------------------


def test_without_a_file_everything_has_its_default(tmp_path: Path) -> None:
    """A first start needs nothing."""
    assert load(tmp_path, {}) == Configuration(data=tmp_path)


def test_the_file_is_read(tmp_path: Path) -> None:
    """Top settings, two listeners, rules."""
    text = """
http = "127.0.0.1:9000"
http_hosts = ["ecluse.hopital.example"]

[[listener]]
name = "gam"
idle_timeout = 60

[[listener]]
name = "dpi"
address = "[::1]:2576"

[rules]
require_strict_traits = false
"""
    found = load(write(tmp_path, text), {})
    assert found.http == "127.0.0.1:9000"
    assert found.http_hosts == ("ecluse.hopital.example",)
    assert found.listeners == (
        Listener(name="gam", idle_timeout=60.0),
        Listener(name="dpi", address="[::1]:2576"),
    )
    assert found.rules == Rules(require_strict_traits=False)


def test_the_command_line_wins_over_variables_that_win_over_the_file(tmp_path: Path) -> None:
    """And each touches only its own setting."""
    data = write(
        tmp_path, 'http = "127.0.0.1:1"\nlog_level = "error"\n[[listener]]\naddress = "127.0.0.1:2"\n'
    )
    variables = {"ECLUSE_HTTP": "127.0.0.1:3", "ECLUSE_MLLP": "127.0.0.1:4", "ECLUSE_ENV": "production"}
    found = load(data, variables)
    assert (found.http, found.listeners[0].address) == ("127.0.0.1:3", "127.0.0.1:4")
    assert (found.environment, found.log_level) == ("production", "error")
    found = load(data, variables, mllp="127.0.0.1:5", http="127.0.0.1:6", environment="test")
    assert (found.http, found.listeners[0].address) == ("127.0.0.1:6", "127.0.0.1:5")
    assert found.environment == "test"


def test_variables_have_the_types_of_their_settings(tmp_path: Path) -> None:
    """Numbers, truth, lists; the long name of the environment wins over the short one."""
    found = load(
        tmp_path,
        {
            "ECLUSE_MINIMUM_FREE_BYTES": "1024",
            "ECLUSE_HTTP_ALLOW_PLAINTEXT": "yes",
            "ECLUSE_METRICS_PEERS": "10.1.9.0/24, 10.2.0.1",
            "ECLUSE_ENVIRONMENT": "test",
            "ECLUSE_ENV": "production",
            "ECLUSE_DATA": "/elsewhere",
        },
    )
    assert (found.minimum_free_bytes, found.http_allow_plaintext) == (1024, True)
    assert found.metrics_peers == ("10.1.9.0/24", "10.2.0.1")
    assert (found.environment, found.data) == ("test", tmp_path)


# ---- the file written at the first start ------------------------------------------------------------------


def uncommented() -> str:
    """The default file with every setting taken out of its comment."""
    return re.sub(r"^# (?=[a-z_0-9]+ = |\[)", "", DEFAULT, flags=re.MULTILINE)


def test_every_setting_stands_in_the_default_file_with_its_default(tmp_path: Path) -> None:
    """What is not in the file is not found by who needs it; a wrong default misleads."""
    written = tomllib.loads(uncommented())
    (listener,) = written.pop("listener")
    tables = [(kind(), written.pop(name), set()) for name, kind in TABLES.items()]
    for kind, values, aside in (
        (Configuration(data=tmp_path), written, {"data", "overrides", "listeners", *TABLES}),
        (Listener(), listener, set()),
        *tables,
    ):
        expected = {one.name: getattr(kind, one.name) for one in fields(kind) if one.name not in aside}
        assert {
            name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
        } == expected


def test_the_default_file_loads_as_it_is_and_without_its_comments(tmp_path: Path) -> None:
    """Both give the defaults."""
    assert load(write(tmp_path, DEFAULT), {}) == Configuration(data=tmp_path)
    assert load(write(tmp_path, uncommented()), {}) == Configuration(data=tmp_path)


def test_one_setting_uncommented_by_itself_works(tmp_path: Path) -> None:
    """Its header is there already: nobody has to find it."""
    for number, line in enumerate(DEFAULT.split("\n")):
        if re.match(r"# [a-z_0-9]+ = ", line):
            lines = DEFAULT.split("\n")
            lines[number] = line[2:]
            assert load(write(tmp_path, "\n".join(lines)), {}, serving=False) == Configuration(data=tmp_path)


def test_every_setting_is_explained_in_both_languages() -> None:
    """A French comment, then an English one, right above each group of settings."""
    for block in re.split(r"\n\s*\n", DEFAULT):
        if re.search(r"^# [a-z_0-9]+ = ", block, re.MULTILINE):
            assert "#   EN  " in block, block


def test_the_default_file_is_private_and_never_written_over(tmp_path: Path) -> None:
    """It may come to hold a secret, and belongs to who changed it."""
    assert write_default(tmp_path / "data")
    file = tmp_path / "data" / "ecluse.toml"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.write_text("# mine\n")
    assert not write_default(tmp_path / "data")
    assert file.read_text() == "# mine\n"


def test_a_production_store_keeps_its_environment_in_its_file(tmp_path: Path) -> None:
    """`serve --env production` once; the next start needs no option."""
    write_default(tmp_path, "production")
    assert load(tmp_path, {}).environment == "production"


# ---- what is refused --------------------------------------------------------------------------------------

PRODUCTION = 'environment = "production"\n'

REFUSED = {
    "unknown setting": ('htp = "127.0.0.1:80"', 1, "Known here: .*http, "),
    "unknown in a listener": ('[[listener]]\nmllp = 2575', 2, "Known here: address, "),
    "unknown in the rules": ("[rules]\nstrict = true", 2, "known_patient_creation"),
    "of another table": ('allowed_networks = ["10.0.0.0/8"]', 1, r"belongs to \[deliveries\]: write it under"),
    "of a listener": ('[fhir]\ntimezone = "Europe/Paris"', 2, r"belongs to \[\[listener\]\]: write it under"),
    "a table twice": ("[rules]\n[rules]", 2, r"\[rules\] stands there twice: keep it once"),
    "the data folder": ('data = "/srv"', 1, "unknown setting 'data'"),
    "not TOML": ("\nhttp = 127.0.0.1:80", 2, "double quotes"),
    "a number for a text": ("http = 8080", 1, "a text between double quotes"),
    "a text for a number": ('[[listener]]\nmax_message = "16 Mo"', 2, "a whole number"),
    "truth for a number": ("minimum_free_bytes = true", 1, "a whole number"),
    "a text for truth": ('http_allow_plaintext = "non"', 1, "true or false"),
    "an infinite time": ("[[listener]]\nidle_timeout = inf", 2, "a finite number"),
    "another word": ('environment = "prod"', 1, 'one of "test", "production"'),
    "a listener without double brackets": ('[listener]\nname = "x"', 1, r"\[\[listener\]\]"),
    "a text for a list": ('[[listener]]\nallowed_peers = "10.0.0.1"', 2, "a list of texts"),
    "an address without port": ('http = "127.0.0.1"', 1, "127.0.0.1:8080"),
    "an address without host": ('[[listener]]\naddress = ":2575"', 2, "HOST:PORT"),
    "a port too large": ('[[listener]]\naddress = "127.0.0.1:70000"', 2, "HOST:PORT"),
    "IPv6 without brackets": ('http = "::1:8080"', 1, "HOST:PORT"),
    "an address with a scheme": ('http = "http://127.0.0.1:80"', 1, "HOST:PORT"),
    "a peer that is no network": ('[[listener]]\nallowed_peers = ["gam.local"]', 2, "10.1.2.0/24"),
    "a network of metrics": ('metrics_peers = ["10.1.9.0/99"]', 1, "10.1.2.0/24"),
    "a host with its port": ('http_hosts = ["ecluse.example:8080"]', 1, "names only"),
    "a host for everybody": ('http_hosts = ["*"]', 1, "names only"),
    "negative room": ("minimum_free_bytes = -1", 1, "0 or more"),
    "another version of FR Core": ('[fhir]\nfr_core = "2.3"', 2, '"2.1", "2.2"'),
    "a FHIR address with a slash": ('[fhir]\nbase_url = "https://e.example/fhir/"', 2, "without a slash"),
    "a FHIR address without scheme": ('[fhir]\nbase_url = "e.example/fhir"', 2, "without a slash"),
    "negative hours": ("[rules]\nduplicate_window_hours = -1", 2, "0 or more"),
    "no connection": ("[[listener]]\nmax_connections = 0", 2, "1 or more"),
    "no time": ("[[listener]]\nslow_timeout = 0", 2, "1 or more"),
    "messages too small": ("[[listener]]\nmax_message = 10", 2, "1024 or more"),
    "no name": ('[[listener]]\nname = " "', 2, "1 to 80 characters"),
    "two listeners of one name": (
        '[[listener]]\n[[listener]]\naddress = "127.0.0.1:2576"\nname = "main"', 4, "its own name",
    ),
    "two listeners without name": ('[[listener]]\n[[listener]]\naddress = "127.0.0.1:2576"', 2, "its own name"),
    "one port twice": ('[[listener]]\n[[listener]]\nname = "b"\naddress = "127.0.0.1:2575"', 4, "another port"),
    "the port of the pages": ('[[listener]]\naddress = "127.0.0.1:8080"', 2, "another port"),
    "the second listener at fault": (
        '[[listener]]\nmax_connections = 5\n[[listener]]\nname = "b"\naddress = "127.0.0.1:1"\nmax_connections = 0',
        6, "1 or more",
    ),
    "another database": ('database_url = "mysql://root:secret@h/b"', 1, "postgresql://"),
    "a port that is none": ('database_url = "postgresql://a:secret@h:x/b"', 1, "postgresql://"),
    "secrets inside the data": ('secrets = "{data}/secrets"', 1, "outside"),
    "secrets from nowhere": ('secrets = "secrets"', 1, "full path"),
    "trust for anybody in production": (
        PRODUCTION + '[[listener]]\nunknown_senders = "confirm"', 3, '"to_confirm" or "refuse"',
    ),
    "a port open to anybody in production": (
        PRODUCTION + '[[listener]]\naddress = "0.0.0.0:2575"', 3, "tls_client_ca .*allowed_peers",
    ),
    "a list that lists everybody": (
        PRODUCTION + '[[listener]]\naddress = "0.0.0.0:2575"\nallowed_peers = ["0.0.0.0/0"]', 4, "everybody",
    ),
    "plain HTTP in production": (PRODUCTION + 'http = "0.0.0.0:80"', 2, "http_allow_plaintext = true"),
    "a name is not this machine": (PRODUCTION + 'http = "gateway:80"', 2, "http_allow_plaintext = true"),
    "a certificate without key": ('[[listener]]\ntls_certificate = "c.pem"', 2, "tls_key"),
    "a key without certificate": ('[[listener]]\ntls_key = "k.pem"', 2, "tls_certificate"),
    "clients without certificate": ('[[listener]]\ntls_client_ca = "a.pem"', 2, "tls_certificate"),
    "a file that is missing": ('[[listener]]\ntls_certificate = "c.pem"\ntls_key = "k.pem"', 2, "no such file"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_wrong_setting_is_refused_with_its_line_and_a_remedy(case: str, tmp_path: Path) -> None:
    """One line: file, line, what is wrong, what to write; never the secret of a database."""
    text, line, remedy = REFUSED[case]
    write(tmp_path, text.replace("{data}", str(tmp_path)) + "\n")
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path, {})
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / 'ecluse.toml'}, line {line}"), message
    assert re.search(remedy, message), message
    french = caught.value.fr
    assert french.startswith(f"{tmp_path / 'ecluse.toml'}, ligne {line}"), french
    assert not re.search(" [:;?!]", french) and "write" not in french and french != message
    assert "\n" not in message + french
    assert "secret@" not in message + french


ADMITTED = {
    "a free port of this machine": ('address = "127.0.0.1:0"', Listener(address="127.0.0.1:0")),
    "an allow-list": (
        'address = "0.0.0.0:2575"\nallowed_peers = ["10.1.2.3", "10.1.4.0/24"]',
        Listener(address="0.0.0.0:2575", allowed_peers=("10.1.2.3", "10.1.4.0/24")),
    ),
    "this machine": ('address = "[::1]:2575"', Listener(address="[::1]:2575")),
    "all of this machine": ('address = "127.8.9.1:2575"', Listener(address="127.8.9.1:2575")),
    "a sender to confirm": ('unknown_senders = "to_confirm"', Listener(unknown_senders="to_confirm")),
}


@pytest.mark.parametrize("case", ADMITTED)
def test_production_admits_what_is_known(case: str, tmp_path: Path) -> None:
    """Beside each refusal, what to write instead."""
    text, listener = ADMITTED[case]
    found = load(write(tmp_path, PRODUCTION + "[[listener]]\n" + text), {})
    assert (found.environment, found.listeners) == ("production", (listener,))


def test_production_admits_mutual_tls_and_an_explicit_choice_of_plain_http(
    tmp_path: Path, pems: Pems
) -> None:
    """Paths are read from the data folder."""
    for name in ("certificate", "key"):
        (tmp_path / f"{name}.pem").write_bytes(getattr(pems, name).read_bytes())
    text = """http = "0.0.0.0:80"
http_allow_plaintext = true
[[listener]]
address = "0.0.0.0:2575"
tls_certificate = "certificate.pem"
tls_key = "key.pem"
tls_client_ca = "certificate.pem"
"""
    found = load(write(tmp_path, PRODUCTION + text), {})
    assert found.listeners[0].tls_key == str(tmp_path / "key.pem")


def test_a_key_of_another_certificate_is_refused(tmp_path: Path, pems: Pems) -> None:
    """Told at the start, not by the first sender."""
    text = f'[[listener]]\ntls_certificate = "{pems.certificate}"\ntls_key = "{pems.other_key}"\n'
    with pytest.raises(ConfigurationError, match=r"line 2: .*key is the certificate's"):
        load(write(tmp_path, text), {})


def test_a_test_environment_may_listen_to_everybody(tmp_path: Path) -> None:
    """The restrictions are for the identities of real people."""
    found = load(tmp_path, {}, mllp="0.0.0.0:2575", http="0.0.0.0:8080")
    assert (found.environment, found.http) == ("test", "0.0.0.0:8080")
    assert [one.address for one in found.listeners] == ["0.0.0.0:2575"]


@pytest.mark.parametrize(
    ("variables", "options", "place"),
    [
        ({"ECLUSE_HTTP": "8080"}, {}, "ECLUSE_HTTP"),
        ({"ECLUSE_MLLP": "2575"}, {}, "ECLUSE_MLLP"),
        ({"ECLUSE_ENV": "prod"}, {}, "ECLUSE_ENV"),
        ({"ECLUSE_MINIMUM_FREE_BYTES": "1 Go"}, {}, "ECLUSE_MINIMUM_FREE_BYTES"),
        ({"ECLUSE_HTTP_ALLOW_PLAINTEXT": "oui"}, {}, "ECLUSE_HTTP_ALLOW_PLAINTEXT"),
        ({"ECLUSE_DATABASE_URL": "secret@"}, {}, "ECLUSE_DATABASE_URL"),
        ({}, {"http": "8080"}, "--http"),
        ({}, {"mllp": "localhost"}, "--mllp"),
        ({}, {"environment": "prod"}, "--env"),
        ({"ECLUSE_HTTP": "1"}, {"http": "0.0.0.0:80", "environment": "production"}, "--http"),
        ({}, {"mllp": "0.0.0.0:2575", "environment": "production"}, "--mllp"),
    ],
)
def test_an_error_names_the_variable_or_the_option(
    variables: dict[str, str], options: dict[str, str], place: str, tmp_path: Path
) -> None:
    """Where the wrong value was written, whatever the file says."""
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path, variables, **options)
    assert str(caught.value).startswith(f"{place}: ") or str(caught.value).startswith(f"{place} = ")
    assert "secret@" not in str(caught.value)


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    """Saved by an editor of another age."""
    (tmp_path / "ecluse.toml").write_bytes('secrets = "é"'.encode("latin-1"))
    with pytest.raises(ConfigurationError, match="UTF-8"):
        load(tmp_path, {})


def test_reading_commands_do_not_need_the_certificates(tmp_path: Path) -> None:
    """A restored copy, on another machine, must be readable."""
    data = write(tmp_path, '[[listener]]\ntls_certificate = "c.pem"\ntls_key = "k.pem"\n')
    assert load(data, {}, serving=False).listeners[0].tls_key == str(tmp_path / "k.pem")


# ---- read again while running -----------------------------------------------------------------------------


def test_a_new_reading_keeps_what_the_command_line_said(tmp_path: Path) -> None:
    """SIGHUP must not move the gateway back to the addresses of the file."""
    before = load(tmp_path, {}, mllp="127.0.0.1:0", http="127.0.0.1:0", environment="production")
    write(tmp_path, 'http_hosts = ["new.example"]\n[[listener]]\nmax_connections = 7\n')
    after, waiting = reload(before, {})
    assert waiting == ()
    assert (after.http, after.environment) == ("127.0.0.1:0", "production")
    assert after.listeners == (Listener(address="127.0.0.1:0", max_connections=7),)
    assert after.http_hosts == ("new.example",)


def test_what_needs_a_restart_keeps_its_value_and_is_named(tmp_path: Path) -> None:
    """A port is not moved under the senders; the log says what waits."""
    before = load(tmp_path, {})
    text = 'log_level = "debug"\n[[listener]]\naddress = "127.0.0.1:1"\nidle_timeout = 5\n'
    write(tmp_path, text + '[[listener]]\nname = "new"\naddress = "127.0.0.1:3"\n')
    after, waiting = reload(before, {})
    assert waiting == ("log_level", "listener main: address", "the list of listeners")
    assert after.listeners == (Listener(idle_timeout=5.0),)
    assert after.log_level == "info"


def test_a_wrong_file_changes_nothing(tmp_path: Path) -> None:
    """The caller keeps the former settings."""
    before = load(tmp_path, {})
    write(tmp_path, "http = 1\n")
    with pytest.raises(ConfigurationError):
        reload(before, {})


# ---- pieces -----------------------------------------------------------------------------------------------


def test_addresses_are_split_with_their_brackets() -> None:
    """IPv6 keeps its brackets."""
    assert split_address("[::1]:2575") == ("[::1]", 2575)
    assert split_address("gateway:0") == ("gateway", 0)


def test_a_postgresql_address_is_read_with_its_options() -> None:
    """Percent-encoded where the signs of an address stand."""
    url = "postgresql://user:p%40ss@db.example:5433/name?sslmode=verify-full&host=%2Frun"
    found = database(Configuration(data=Path("/d"), database_url=url))
    assert (found["USER"], found["PASSWORD"], found["HOST"]) == ("user", "p@ss", "db.example")
    assert (found["PORT"], found["NAME"]) == ("5433", "name")
    assert found["OPTIONS"] == {"sslmode": "verify-full", "host": "/run"}
