"""A Django project in one file: its own models could live in the same database beside ours.

Run it: ``DATABASE_URL=sqlite:///shop.db python manage.py runserver`` in this folder.
"""

import json
import os
import sys
from collections.abc import Callable

from django.conf import settings
from django.core.management import execute_from_command_line
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.http import require_POST
from sqlalchemy.orm import Session

from commerce_core import CommerceError, Money, NotFoundError, make_engine, make_session_factory
from commerce_core.catalog import create_product, create_variant, get_variant
from commerce_core.flows import run_in_transaction
from commerce_core.inventory import create_location, get_location, receive_stock, ship_stock
from commerce_core.inventory.queries import list_levels
from commerce_core.migrations import upgrade

URL = os.environ.get("DATABASE_URL", "sqlite:///shop.db")
settings.configure(
    SECRET_KEY="only-for-this-example",  # noqa: S106 - nothing is signed with it
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["127.0.0.1", "localhost"],
    MIDDLEWARE=["__main__.Refuse"],
)
sessions = make_session_factory(make_engine(URL))


class Refuse:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, _request: HttpRequest, error: Exception) -> JsonResponse | None:
        if not isinstance(error, CommerceError):
            return None
        status = 404 if isinstance(error, NotFoundError) else 409
        return JsonResponse({"code": error.code, "message": error.message}, status=status)


@require_POST
def create(request: HttpRequest) -> JsonResponse:
    new = json.loads(request.body)

    def work(session: Session) -> str:
        product = create_product(session, name=new["name"])
        price = Money.of(new["price"], "EUR")
        variant = create_variant(session, product, sku=new["sku"], price=price)
        hamburg = get_location(session, code="HAM")
        receive_stock(session, variant, hamburg, quantity=new["received"], actor="django")
        return variant.sku

    return JsonResponse({"sku": run_in_transaction(sessions, work)}, status=201)


@require_POST
def ship(request: HttpRequest, sku: str) -> JsonResponse:
    def work(session: Session) -> int:
        variant, hamburg = get_variant(session, sku=sku), get_location(session, code="HAM")
        ship_stock(session, variant, hamburg, quantity=int(request.GET["quantity"]), actor="django")
        return sum(level.available for level in list_levels(session, variant))

    return JsonResponse({"available": run_in_transaction(sessions, work)})


urlpatterns = [path("variants", create), path("variants/<str:sku>/ship", ship)]

if __name__ == "__main__":
    upgrade(URL)
    run_in_transaction(sessions, lambda session: create_location(session, code="HAM"))
    execute_from_command_line(sys.argv)
