"""Certificates of the establishments: asked for, judged, kept, used, watched; and those a sender is recognised by.

What each module gives, for the console, the CLI and the services that sign or open connections. `settings`: those of
`main.certificates.certificate_settings(configuration)`, in the web process `certificates.settings.current()`; `ask` has
an act done by the writer: `ask(name, arguments) -> ActResult`; times (`now`) are µs since 1970.

    importing   examine_file(settings, file, target, now) -> (Imported, Standing)      the verdict alone, nothing kept
                import_certificate(settings, ask, file, target, now, by=…) -> Imported PEM, DER, PKCS#12, token
                    CertificateFile(content, password, key, token), Target(establishment, use, place, structures)
                    raises protocols.x509 Unreadable (text_fr, text_en), among them WrongPassword
    requesting  new_request(settings, ask, Wanted(establishment, use, …), now, by=…) -> NewRequest      key made here
    signer      signer(establishment, use) -> Signer (certificate, sign(bytes)); chain(establishment, use)
                    raises keys.KeyUnusable (text_fr, text_en); followed within a second when the slot changes
    trust       import_authorities(ask, store, content, typed_fingerprint) -> outcomes; trust_store(name); missing(name)
    crls        refresh(settings, now, force=…) -> outcomes, one per address; kept() -> the lists at hand
    standing    stand(certificate, given, stores, settings, now) -> path and statuses; examine(settings, ask, now)
    ends        ends(settings) -> everything that ends, the soonest first
    alarms      give(settings, now): alarms raised and sent (chore of the worker)
    ics         calendar_feed(settings, now, language) -> RFC 5545 text; CONTENT_TYPE
    checking    check(settings, now) -> Checked(level, code 0|1|2, items)              `ecluse pki check`, doctor
    documents   keep_document(data, content) -> Kept(sha256, size), then the act procedure.attach; read_document
    ways        way_of(row), read_event(json): procedures as `rules.certificates.procedure` folds them
    key_vault, keys                     sealed private keys; nothing gives one out
    fingerprints                        certificates of senders on mutual TLS (re-exported here)

    queries.certificates          inventory, one, slots, requests, stops
    queries.certificates_watch    alarms, trust_stores, lists, cards, remaining (metrics)
    queries.certificates_ways     procedures, procedure (people, next steps, documents)
    services.rewrap               rewrap(secrets, alone=…): a new master key in the place of the one in use

Acts (`services.acts.certificates`, `slots`, `authorities`, `procedures`; their arguments are in their docstrings):
    certificate.keep, .refuse, .request (asked by the modules above)
    certificate.drop-request, .place, .rotate, .rotate-back, .empty, .revoke, .retire
    authority.add (asked by `trust`), authority.remove; card.add, .edit, .retire; alarm.see
    procedure.open, .step, .undo, .attach, .close
"""

from __future__ import annotations

from ecluse.services.certificates.fingerprints import (
    Certificate,
    CertificateFile,
    read_certificate,
    read_certificate_file,
    read_fingerprint,
)

__all__ = [
    "Certificate",
    "CertificateFile",
    "read_certificate",
    "read_certificate_file",
    "read_fingerprint",
]
