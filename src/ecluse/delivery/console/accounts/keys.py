"""Security keys: taken away, but never the last second factor."""

from __future__ import annotations

from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.webauthn.views import RemoveWebAuthnView
from django.forms import Form
from django.http import HttpResponse


class RemoveKey(RemoveWebAuthnView):  # type: ignore[misc]  # (it carries no types)
    """Take a security key away. django-allauth asks whether that may be for authenticators of codes only."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """What the page shows; last: without this key, its owner could not sign in any more."""
        return {**super().get_context_data(**kwargs), "last": self._last()}

    def form_valid(self, form: Form) -> HttpResponse:
        """Take it away, unless it is the last."""
        if self._last():
            refused: HttpResponse = self.render_to_response(self.get_context_data(form=form), status=422)
            return refused
        done: HttpResponse = super().form_valid(form)
        return done

    def _last(self) -> bool:
        return not get_adapter().can_delete_authenticator(self.object)
