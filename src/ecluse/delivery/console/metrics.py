"""Metrics in the text format of Prometheus (exposition format 0.0.4)."""

from django.http import HttpRequest, HttpResponse


def show(request: HttpRequest) -> HttpResponse:
    return HttpResponse("", content_type="text/plain")
