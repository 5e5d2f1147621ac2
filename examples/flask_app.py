"""Flask: one session a request, committed by the application as it likes.

Run it: ``DATABASE_URL=sqlite:///shop.db flask --app flask_app run`` in this folder.
"""

import os

from flask import Flask, Response, jsonify, request
from sqlalchemy.orm import Session

from commerce_core import (
    CommerceError,
    Money,
    NotFoundError,
    make_engine,
    make_session_factory,
    run_in_transaction,
)
from commerce_core.catalog import create_product, create_variant, get_variant
from commerce_core.inventory import (
    create_location,
    get_location,
    list_levels,
    receive_stock,
    ship_stock,
)
from commerce_core.migrations import upgrade

URL = os.environ.get("DATABASE_URL", "sqlite:///shop.db")
upgrade(URL)
sessions = make_session_factory(make_engine(URL))
run_in_transaction(sessions, lambda session: create_location(session, code="HAM"))

app = Flask(__name__)


@app.errorhandler(CommerceError)
def refuse(error: CommerceError) -> tuple[Response, int]:
    status = 404 if isinstance(error, NotFoundError) else 409
    return jsonify(code=error.code, message=error.message), status


@app.post("/variants")
def create() -> tuple[dict[str, str], int]:
    new = request.get_json()

    def work(session: Session) -> str:
        product = create_product(session, name=new["name"])
        price = Money.of(new["price"], "EUR")
        variant = create_variant(session, product, sku=new["sku"], price=price)
        hamburg = get_location(session, code="HAM")
        receive_stock(session, variant, hamburg, quantity=new["received"], actor="flask")
        return variant.sku

    return {"sku": run_in_transaction(sessions, work)}, 201


@app.post("/variants/<sku>/ship")
def ship(sku: str) -> dict[str, int]:
    quantity = request.args.get("quantity", 1, type=int)

    def work(session: Session) -> int:
        variant, hamburg = get_variant(session, sku=sku), get_location(session, code="HAM")
        ship_stock(session, variant, hamburg, quantity=quantity, actor="flask")
        return sum(level.available for level in list_levels(session, variant))

    return {"available": run_in_transaction(sessions, work)}
