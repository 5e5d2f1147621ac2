"""django-oscar's OrderCreator.place_order, on demand, in threads. Baskets are made beforehand.

Runs in the peer's own environment: it may import nothing of ours.
"""

import itertools
import json
import sys
import threading
import time
from decimal import Decimal

from _oscar_child import configure

_numbers = itertools.count(1)


def make_shop(count: int) -> list:
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from oscar.core.loading import get_model

    product_class = get_model("catalogue", "ProductClass").objects.create(name="Lamp")
    partner = get_model("partner", "Partner").objects.create(name="House")
    product_model = get_model("catalogue", "Product")
    record_model = get_model("partner", "StockRecord")
    products = []
    for number in range(count):
        product = product_model.objects.create(title=f"P{number}", product_class=product_class)
        record_model.objects.create(
            product=product,
            partner=partner,
            partner_sku=f"S{number}",
            price=10,
            num_in_stock=1_000_000_000,
        )
        products.append(product)
    return products


def make_basket(product: object) -> object:
    from oscar.apps.partner.strategy import Default
    from oscar.core.loading import get_model

    basket = get_model("basket", "Basket").objects.create()
    basket.strategy = Default()
    basket.add_product(product, 1)
    return basket


def place(basket: object) -> None:
    from oscar.apps.order.utils import OrderCreator
    from oscar.apps.shipping.methods import Free
    from oscar.core.prices import Price

    method = Free()
    total = Price(currency="GBP", excl_tax=Decimal(10), incl_tax=Decimal(10))
    OrderCreator().place_order(
        basket=basket,
        total=total,
        shipping_method=method,
        shipping_charge=method.calculate(basket),
        user=None,
        order_number=f"N{next(_numbers)}",
        status="Pending",
    )


def run(products: list, request: dict) -> dict:
    from django.db import connection

    baskets = []
    for client in range(request["clients"]):
        chosen = [
            products[0] if request["hot"] else products[(client * 7919 + n * 31) % len(products)]
            for n in range(request["operations"])
        ]
        baskets.append([make_basket(product) for product in chosen])
    granted = []

    def client(mine: list) -> None:
        for basket in mine:
            place(basket)
        granted.append(len(mine))
        connection.close()

    threads = [threading.Thread(target=client, args=(mine,)) for mine in baskets]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {"seconds": time.perf_counter() - start, "granted": sum(granted)}


def main() -> None:
    configure(sys.argv[1])
    products = make_shop(int(sys.argv[2]))
    for line in sys.stdin:
        print(json.dumps(run(products, json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
