"""Who may open the console: accounts, the roles given to them, and the register of their means of identification.

Passwords are kept as Argon2 digests; what a second factor needs to be checked is kept by django-allauth, sealed
(`services.accounts.factors`). Times are microseconds since 1970 in UTC.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from ecluse.store.models.access import Establishment, Site


class UserManager(BaseUserManager["User"]):
    """Finds an account by its name of sign-in, whatever its case."""

    def get_by_natural_key(self, username: str | None) -> User:
        """The account with that name of sign-in.

        :raises User.DoesNotExist: there is none.
        """
        return self.get(username=(username or "").strip().lower())


class User(AbstractBaseUser):
    """A person who may sign in.

    username: name of sign-in, in lower case; name: as the pages write it; rpps: number of a health professional, or
    empty; rpps_bound: how it was bound to the account (`psc`, `administrators`), or empty; rpps_proposed,
    rpps_proposed_by: what one administrator proposed, for another one to confirm; rpps_checked, rpps_checked_at: what
    the directory said of it and when; rpps_told: its holder was told of the last change; profession: code of
    TRE_G15, or empty; unit: where the person works, as the establishment writes it; external: identifier given by the
    software that provisions the account, or empty; failures: refused attempts in a row; locked_until: no attempt is
    looked at before, or null; invitation: SHA-256 of the code that lets the person choose a password and a second
    factor, or empty; invited_until: end of that code; invited_by: operator who had the last code made, empty: nobody.
    """

    username = models.CharField(max_length=80, unique=True)
    name = models.CharField(max_length=200)
    email = models.CharField(max_length=254, blank=True)
    rpps = models.CharField(max_length=11, blank=True)
    rpps_bound = models.CharField(max_length=20, blank=True)
    rpps_proposed = models.CharField(max_length=11, blank=True, default="")
    rpps_proposed_by = models.CharField(max_length=80, blank=True, default="")
    rpps_checked = models.CharField(max_length=20, blank=True, default="")
    rpps_checked_at = models.BigIntegerField(null=True)
    rpps_told = models.BooleanField(default=True)
    profession = models.CharField(max_length=10, blank=True)
    unit = models.CharField(max_length=200, blank=True)
    external = models.CharField(max_length=200, blank=True)
    language = models.CharField(max_length=2, default="fr")
    theme = models.CharField(max_length=5, default="auto")
    is_active = models.BooleanField(default=True)
    created = models.BigIntegerField()
    failures = models.IntegerField(default=0)
    locked_until = models.BigIntegerField(null=True)
    invitation = models.BinaryField(max_length=32, default=b"")
    invited_until = models.BigIntegerField(null=True)
    invited_by = models.CharField(max_length=80, blank=True, default="")

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["rpps"], condition=~models.Q(rpps=""), name="one_account_per_rpps"
            ),
        ]

    def get_full_name(self) -> str:
        """As the pages write it."""
        return self.name

    def clean(self) -> None:
        """Names of sign-in are compared in lower case."""
        self.username = self.username.strip().lower()

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep the account, its name of sign-in in lower case."""
        self.clean()
        super().save(*args, **kwargs)


class RoleGrant(models.Model):
    """A role given to an account: everywhere, in an establishment, or on one of its sites; one of each at most."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="grants")
    role = models.CharField(max_length=30)
    establishment = models.ForeignKey(Establishment, on_delete=models.PROTECT, null=True)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, null=True)
    since = models.BigIntegerField()
    given_by = models.CharField(max_length=80)


class Means(models.Model):
    """A means of identification of a person (moyen d'identification électronique), kept after it is revoked.

    kind: `password-totp`, `webauthn`, `recovery`, `psc`, `oidc`, `card`; factors: how many of different nature it
    checks; conformity: what the establishment says of it against the référentiel d'identification électronique
    (`approved`, `refused`, or empty: not said); label: as its holder named it; reference: row of the authenticator, or
    the subject of the identity provider; digest never stands here.
    """

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="means")
    kind = models.CharField(max_length=20)
    factors = models.IntegerField()
    conformity = models.CharField(max_length=10, blank=True)
    label = models.CharField(max_length=200, blank=True)
    reference = models.CharField(max_length=200, blank=True)
    issued = models.BigIntegerField()
    issued_by = models.CharField(max_length=80)
    revoked = models.BigIntegerField(null=True)
    revoked_by = models.CharField(max_length=80, blank=True)
    last_used = models.BigIntegerField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["user", "kind"], name="means_of_user")]
