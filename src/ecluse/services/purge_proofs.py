"""Whether a signed checkpoint covers lines that are purged: asked before a purge, and at every verification."""

from __future__ import annotations

from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature

from ecluse.services.write_checkpoint import Checkpoint, check_signature, known_keys
from ecluse.store.errors import Sentence
from ecluse.store.models import Meta


class Prover:
    """Judges checkpoints for this store: its installation, its environment, the keys that sign for it.

    The keys that the database remembers can be changed by whoever can change its rows: with `pinned`, keys known from
    elsewhere (the secrets folder, a checkpoint kept off the host), a checkpoint must be signed by one of those.
    """

    def __init__(self, pinned: frozenset[str] = frozenset()) -> None:
        facts = dict(Meta.objects.values_list("name", "value"))
        self._place = (facts.get("installation"), facts.get("environment"))
        self._keys = known_keys()
        self._pinned = pinned

    @property
    def independent(self) -> bool:
        """Whether a key known from elsewhere than the database is compared with."""
        return bool(self._pinned)

    def fault(self, signed: dict[str, Any], last: int) -> Sentence | None:
        """Why a checkpoint (in JSON types) does not cover the lines up to `last`; None: signed here, and it does.

        That the line it names has the digest it says is for the caller to compare (`seq`, `digest`).
        """
        try:
            found = msgspec.convert(signed, Checkpoint)
            check_signature(found)
        except (msgspec.ValidationError, ValueError, InvalidSignature):
            return Sentence(
                "sa signature est fausse, ou ce n’est pas un point de contrôle",
                "its signature is wrong, or it is no checkpoint",
            )
        if (found.installation, found.environment) != self._place:
            return Sentence("il vient d’une autre installation", "it comes from another installation")
        if found.public_key not in self._keys:
            return Sentence(
                f"il est signé par une clé que cette installation n’a jamais utilisée ({found.fingerprint})",
                f"it is signed by a key that this installation never used ({found.fingerprint})",
            )
        if self._pinned and found.public_key not in self._pinned:
            return Sentence(
                f"sa clé ({found.fingerprint}) n’est ni celle du dossier des secrets ni celle du point de contrôle"
                " donné ; si elle a été remplacée, donnez avec --checkpoint un point de contrôle de l’ancienne",
                f"its key ({found.fingerprint}) is neither that of the secrets folder nor that of the checkpoint given;"
                " if it was replaced, give with --checkpoint a checkpoint signed by the former one",
            )
        if found.seq < last:
            return Sentence(
                f"il s’arrête à la ligne {found.seq}, avant la ligne {last}",
                f"it stops at line {found.seq}, before line {last}",
            )
        return None
