"""Alarms: each step before an end is told once, in the console, by mail and to the webhooks that ask for it.

The console's is written first; a mail or a webhook that could not leave is tried again at the next run, for a week. A
mailbox that refuses is an alarm by itself, and so are one that puts off for hours, a mail server that cannot be used
and what never left: an alarm that nobody gets is worse than none, because people count on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ecluse.rules.certificates.calendar import alarm_due, days_left, severity
from ecluse.services.certificates.crls import moment_of
from ecluse.services.certificates.ends import UNKNOWN, End, ends, list_state
from ecluse.services.certificates.settings import CertificateSettings
from ecluse.services.certificates.telling import tell_subscribers, webhooks
from ecluse.services.listening.tally import tallies
from ecluse.services.typography import french
from ecluse.store.access_turn import writing
from ecluse.store.models.certificates import CertificateAlarm, CrlKept
from ecluse.transports.mail import Refusal, compose, send

WAITING = "waiting"
"""What `error` says while an alarm has not left yet."""
_DAY = 86_400_000_000
_WEEK = 7 * _DAY
_PATIENCE = 4 * 3_600_000_000
"""How long a mailbox may put off (4yz): greylisting lasts minutes, an hour at most."""
_MOST_LINES = 50


@dataclass(frozen=True, slots=True)
class Given:
    """What one run did. raised: new alarms; sent: mails and webhooks that left; refused: mailboxes that refused for
    good.
    """

    raised: int
    sent: int
    refused: tuple[str, ...] = ()


def give(settings: CertificateSettings, now: int) -> Given:
    """Raise the alarms that are due, and send what waits.

    :param now: µs since 1970.
    """
    raised = _raise_due(settings, now)
    raised += _give_up(settings, now)
    sent, refused = _send_mail(settings, now)
    sent += tell_subscribers(settings, _waiting("webhook"), now)
    return Given(raised, sent, refused)


def _raise_due(settings: CertificateSettings, now: int) -> int:
    raised = 0
    for one in ends(settings):
        step = _list_step(one, now) if one.kind == "crl" else _step(one, now)
        if step is not None:
            raised += _raise(settings, _alarm(one, step, now))
    for row in CrlKept.objects.filter(der=b"").exclude(failing_since=0):
        if now - row.failing_since > _DAY:
            raised += _raise(settings, _missing_list(row, now))
    for listener, at in tallies(settings.data / "run/writer.sock").doubted.items():
        if now - at < _DAY:
            raised += _raise(settings, _doubt(listener, at))
    return raised


def _step(one: End, now: int) -> int | None:
    told = CertificateAlarm.objects.filter(about=one.about, ends=one.ends, way="console")
    due = alarm_due(
        moment_of(one.ends), moment_of(now), set(told.values_list("threshold", flat=True)), one.days
    )
    return None if due is None else due.step


def _list_step(one: End, now: int) -> int | None:
    """A list has two steps: late (1), stale (0)."""
    row = CrlKept.objects.get(address=one.about.removeprefix("crl:"))
    step = {"late": 1, "stale": 0}.get(list_state(row, now))
    told = CertificateAlarm.objects.filter(about=one.about, ends=one.ends, way="console")
    return None if step is None or told.filter(threshold__lte=step).exists() else step


def _alarm(one: End, step: int, now: int) -> CertificateAlarm:
    end = moment_of(one.ends)
    left = days_left(end, moment_of(now))
    if one.ends <= now:
        fr, en = f"a pris fin le {end:%d/%m/%Y}", f"ended on {end:%Y-%m-%d}"
    else:
        fr = f"prend fin dans {left} jour{'s' if left > 1 else ''}, le {end:%d/%m/%Y à %H:%M} UTC"
        en = f"ends in {left} day{'' if left == 1 else 's'}, on {end:%Y-%m-%d %H:%M} UTC"
    return CertificateAlarm(
        about=one.about, threshold=step, ends=one.ends, level="critical" if one.kind == "crl" else severity(step),
        text_fr=french(f"{one.name_fr} {fr}. {one.do_fr}"), text_en=f"{one.name_en} {en}. {one.do_en}", at=now,
    )  # fmt: skip


def _missing_list(row: CrlKept, now: int) -> CertificateAlarm:
    return CertificateAlarm(
        about=f"crl:{row.address}", threshold=0, ends=row.failing_since, level="critical", at=now,
        text_fr=french(
            f"La liste de révocation {row.address} n’a jamais pu être lue : {row.error_fr}. Sans elle, nul ne sait"
            f" qui est révoqué : {UNKNOWN[0]}"
        ),
        text_en=f"The list of revocation {row.address} could never be had: {row.error_en}. Without it nobody knows"
        f" who is revoked: {UNKNOWN[1]}",
    )  # fmt: skip


def _doubt(listener: str, at: int) -> CertificateAlarm:
    """A client admitted although nobody knows whether its certificate is revoked: one alarm per listener and day."""
    return CertificateAlarm(
        about=f"listener:{listener}"[:600], threshold=0, ends=at // _DAY * _DAY, level="critical", at=at,
        text_fr=french(
            f"L’écouteur « {listener} » admet des clients sans savoir si leur certificat est révoqué (tls_revocation ="
            " soft) : une liste de révocation manque ou est périmée. Voyez-les avec « ecluse pki check » et vérifiez"
            " que cette machine atteint leurs adresses."
        ),
        text_en=f"The listener “{listener}” admits clients without knowing whether their certificate is revoked"
        " (tls_revocation = soft): a list of revocation is missing or stale. See them with “ecluse pki check” and check"
        " that this machine reaches their addresses.",
    )  # fmt: skip


def _raise(
    settings: CertificateSettings, alarm: CertificateAlarm, ways: Sequence[str] = ("mail", "webhook")
) -> int:
    """Write an alarm for each way, unless it was; how many new ones (0 or 1)."""
    same = CertificateAlarm.objects.filter(
        about=alarm.about, threshold=alarm.threshold, ends=alarm.ends, way="console"
    )
    if same.exists():
        return 0
    targets: list[tuple[str, str]] = []
    if "mail" in ways and settings.mail.server is not None:
        targets += [("mail", mailbox) for mailbox in settings.mail.mailboxes]
    if "webhook" in ways:
        targets += [("webhook", one.id) for one in webhooks()]
    told = ("about", "threshold", "ends", "level", "text_fr", "text_en", "at")
    with writing():
        for way, target in (("console", ""), *targets):
            CertificateAlarm.objects.create(
                way=way, target=target, error="" if way == "console" else WAITING,
                **{name: getattr(alarm, name) for name in told},
            )  # fmt: skip
    return 1


def _waiting(way: str) -> list[CertificateAlarm]:
    return list(CertificateAlarm.objects.filter(way=way, error=WAITING).order_by("id"))


def _give_up(settings: CertificateSettings, now: int) -> int:
    """Stop trying what has not left for a week, and say so; how many new alarms (0 or 1)."""
    old = CertificateAlarm.objects.filter(error=WAITING, at__lt=now - _WEEK)
    lost = sorted(set(old.values_list("way", "target")))
    if not lost:
        return 0
    with writing():
        old.update(error="never left")
    shown = ", ".join(target for _, target in lost)
    alarm = CertificateAlarm(
        about="given-up", threshold=0, ends=now // _DAY * _DAY, level="critical", at=now,
        text_fr=french(
            f"Des alarmes attendaient depuis une semaine et ne partiront plus vers : {shown}. Lisez-les dans la"
            " console, et vérifiez la table [mail] des réglages et les abonnés."
        ),
        text_en=f"Alarms waited for a week and will not leave any more for: {shown}. Read them in the console, and"
        " check the table [mail] of the settings and the subscribers.",
    )  # fmt: skip
    return _raise(settings, alarm, ways=[way for way in ("mail", "webhook") if way not in dict(lost)])


def _send_mail(settings: CertificateSettings, now: int) -> tuple[int, tuple[str, ...]]:
    """One mail per mailbox with all that waits for it."""
    waiting, mail = _waiting("mail"), settings.mail
    if not waiting or mail.server is None:
        return 0, ()
    by_mailbox: dict[str, list[CertificateAlarm]] = {}
    for one in waiting:
        by_mailbox.setdefault(one.target, []).append(one)
    messages = [
        compose(mail.sender, mailbox, _subject(rows), _text(rows), now)
        for mailbox, rows in by_mailbox.items()
    ]
    done = send(mail.server, messages)
    _note(row for mailbox in done.sent for row in by_mailbox[mailbox])
    for refusal in done.refusals:
        _refused(settings, refusal, by_mailbox[refusal.mailbox], now)
    if done.failure is not None and not done.sent:
        _raise(settings, _server_alarm(str(done.failure), now), ways=("webhook",))
    return len(done.sent), tuple(sorted(one.mailbox for one in done.refusals if one.final))


def _note(rows: Iterable[CertificateAlarm], error: str = "") -> None:
    with writing():
        CertificateAlarm.objects.filter(id__in=[row.pk for row in rows]).update(error=error)


def _refused(settings: CertificateSettings, one: Refusal, rows: list[CertificateAlarm], now: int) -> None:
    """A mailbox that refuses for good is not tried again; one that puts off is, and is told when it lasts."""
    if one.final:
        _note(rows, f"SMTP {one.code}: {one.reason}"[:500])
    elif now - min(row.at for row in rows) < _PATIENCE:
        return
    does_fr = "refuse les alarmes" if one.final else "remet à plus tard les alarmes depuis des heures"
    does_en = "refuses the alarms" if one.final else "has put the alarms off for hours"
    alone = not [box for box in settings.mail.mailboxes if box != one.mailbox]
    alarm = CertificateAlarm(
        about=f"mailbox:{one.mailbox}", threshold=0 if one.final else 1, ends=now // _DAY * _DAY, at=now,
        level="critical" if one.final or alone else "warning",
        text_fr=french(
            f"La boîte {one.mailbox} {does_fr} (SMTP {one.code}). Corrigez mailboxes de [mail], ou voyez avec qui tient"
            " cette boîte" + (" : plus personne n’est prévenu par courrier." if alone else ".")
        ),
        text_en=f"The mailbox {one.mailbox} {does_en} (SMTP {one.code}). Correct mailboxes of [mail], or ask whoever"
        " keeps that mailbox" + (": nobody is told by mail any more." if alone else "."),
    )  # fmt: skip
    _raise(settings, alarm, ways=("webhook",))


def _server_alarm(why: str, now: int) -> CertificateAlarm:
    return CertificateAlarm(
        about="mail", threshold=0, ends=now // _DAY * _DAY, level="critical", at=now,
        text_fr=french(f"Les alarmes ne partent pas par courrier ({why}). Vérifiez la table [mail] des réglages."),
        text_en=f"Alarms do not leave by mail ({why}). Check the table [mail] of the settings.",
    )  # fmt: skip


def _subject(rows: list[CertificateAlarm]) -> str:
    worst = "[CRITIQUE] " if any(row.level == "critical" for row in rows) else ""
    return f"{worst}Écluse : {len(rows)} alarme(s) sur vos certificats"


def _text(rows: list[CertificateAlarm]) -> str:
    shown = rows[:_MOST_LINES]
    french_part = "\n\n".join(row.text_fr for row in shown)
    english = "\n\n".join(row.text_en for row in shown)
    more = f"\n\n… {len(rows) - len(shown)}" if len(rows) > len(shown) else ""
    return f"{french_part}{more}\n\n-- \n\n{english}{more}\n"
