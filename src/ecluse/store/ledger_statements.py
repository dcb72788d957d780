"""The SQL of the writer's hot path (see `ecluse.store.ledger`), the same on SQLite and PostgreSQL."""

from __future__ import annotations

from ecluse.rules.identity.vocabulary import CONSENT
from ecluse.rules.stay.vocabulary import MOVED


class Statements:
    """The SQL of the ledger, with the placeholder of the driver."""

    def __init__(self, mark: str) -> None:
        def values(count: int) -> str:
            return f"({', '.join([mark] * count)})"

        self._values = values
        self._mark = mark
        self.insert_line = (
            "INSERT INTO store_journalentry (seq, at, kind, domain_id, sender_id, control_id, event, answer, code,"
            f" content, result, details, digest) VALUES {values(13)}"
        )
        self.insert_raw = (
            f"INSERT INTO store_rawmessage (seq, received, answered, findings) VALUES {values(4)}"
        )
        self.insert_event = (
            "INSERT INTO store_storedevent (id, domain_id, patient, type, version, at, data)"
            f" VALUES {values(7)}"
        )
        self.upsert_patient = (
            f"INSERT INTO store_patientstate (id, domain_id, version, merged_into, state) VALUES {values(5)}"
            " ON CONFLICT (id) DO UPDATE SET version = excluded.version, merged_into = excluded.merged_into,"
            " state = excluded.state"
        )
        self.insert_key = (
            f"INSERT INTO store_patientkey (domain_id, key, patient) VALUES {values(3)}"
            " ON CONFLICT DO NOTHING"
        )
        self.delete_key = (
            f"DELETE FROM store_patientkey WHERE domain_id = {mark} AND key = {mark} AND patient = {mark}"
        )
        self.insert_link = (
            f"INSERT INTO store_identifierlink (domain_id, a, b) VALUES {values(3)} ON CONFLICT DO NOTHING"
        )
        self.delete_link = (
            f"DELETE FROM store_identifierlink WHERE domain_id = {mark} AND a = {mark} AND b = {mark}"
        )
        self.links = (
            f"SELECT a, b FROM store_identifierlink WHERE domain_id = {mark} AND a = {mark}"
            f" UNION SELECT a, b FROM store_identifierlink WHERE domain_id = {mark} AND b = {mark}"
        )

    def keys(self, count: int) -> str:
        where = f"domain_id = {self._mark} AND key IN {self._values(count)}"
        return f"SELECT key, patient FROM store_patientkey WHERE {where}"

    def patients(self, count: int) -> str:
        return f"SELECT state FROM store_patientstate WHERE id IN {self._values(count)}"

    def past_consents(self, count: int) -> str:
        return (
            "SELECT patient, type, data FROM store_storedevent"
            f" WHERE patient IN {self._values(count)} AND type IN ('{CONSENT}', '{MOVED}') ORDER BY id"
        )

    def earlier(self, count: int) -> str:
        return (
            "SELECT control_id, content, seq, at FROM store_journalentry"
            f" WHERE sender_id = {self._mark} AND control_id IN {self._values(count)}"
            " AND kind = 'message' AND answer = 'AA' ORDER BY seq"
        )
