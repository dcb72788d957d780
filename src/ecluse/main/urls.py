"""Addresses of the gateway, all of the console today."""

from __future__ import annotations

from ecluse.delivery.console.addresses import addresses

urlpatterns = addresses()

handler400 = "ecluse.delivery.console.errors.bad_request"
handler403 = "ecluse.delivery.console.errors.forbidden"
handler404 = "ecluse.delivery.console.errors.not_found"
handler500 = "ecluse.delivery.console.errors.server_error"
