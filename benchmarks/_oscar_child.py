"""django-oscar's stock: get a record and allocate from it, on demand, in threads.

Runs in the peer's own environment: it may import nothing of ours.
"""

import json
import sys
import threading
import time
from urllib.parse import parse_qs, urlsplit

import django
from django.conf import settings


def configure(url: str) -> None:
    parts = urlsplit(url)
    host = parse_qs(parts.query).get("host", [parts.hostname])[0]
    from oscar import INSTALLED_APPS, defaults

    settings.configure(
        INSTALLED_APPS=INSTALLED_APPS,
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": parts.path.lstrip("/"),
                "USER": parts.username or "postgres",
                "HOST": host,
                "CONN_MAX_AGE": None,
            }
        },
        SITE_ID=1,
        SECRET_KEY="benchmark",  # noqa: S106 - signs nothing
        USE_TZ=True,
        HAYSTACK_CONNECTIONS={
            "default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}
        },
        MIDDLEWARE=[],
        **{name: getattr(defaults, name) for name in dir(defaults) if name.isupper()},
    )
    django.setup()


def make_shop(count: int) -> list[int]:
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from oscar.core.loading import get_model

    product_class = get_model("catalogue", "ProductClass").objects.create(name="Lamp")
    partner = get_model("partner", "Partner").objects.create(name="House")
    product_model = get_model("catalogue", "Product")
    record_model = get_model("partner", "StockRecord")
    ids = []
    for number in range(count):
        product = product_model.objects.create(title=f"P{number}", product_class=product_class)
        record = record_model.objects.create(
            product=product,
            partner=partner,
            partner_sku=f"S{number}",
            price=10,
            num_in_stock=1_000_000_000,
        )
        ids.append(record.pk)
    return ids


def run(ids: list[int], request: dict[str, int]) -> dict[str, float]:
    from django.db import connection
    from oscar.core.loading import get_model

    record_model = get_model("partner", "StockRecord")
    hot, stock = request["hot"], request.get("stock")
    if stock is not None:
        record_model.objects.filter(pk=ids[0]).update(num_in_stock=stock, num_allocated=0)
    granted = []

    def client(offset: int) -> None:
        done = 0
        for number in range(request["operations"]):
            chosen = ids[0] if hot else ids[(offset * 7919 + number * 31) % len(ids)]
            record = record_model.objects.get(pk=chosen)
            if record.net_stock_level >= 1:
                record.allocate(1)
                done += 1
        granted.append(done)
        connection.close()

    threads = [threading.Thread(target=client, args=(n,)) for n in range(request["clients"])]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "granted": sum(granted)}


def make_variants(number: int, count: int) -> dict[str, float]:
    """Make a parent with so many children: three attributes and a stock record each."""
    from django.db import transaction
    from oscar.core.loading import get_model

    product_model = get_model("catalogue", "Product")
    record_model = get_model("partner", "StockRecord")
    product_class = get_model("catalogue", "ProductClass").objects.get(name="Lamp")
    partner = get_model("partner", "Partner").objects.get(name="House")
    attribute_model = get_model("catalogue", "ProductAttribute")
    for code in ("colour", "size", "fit"):
        attribute_model.objects.get_or_create(
            product_class=product_class, code=code, defaults={"name": code, "type": "text"}
        )
    start = time.perf_counter()
    with transaction.atomic():
        parent = product_model.objects.create(
            title=f"Tee {number}", product_class=product_class, structure="parent"
        )
        for place in range(count):
            child = product_model(parent=parent, structure="child", title=f"Tee {place}")
            child.attr.colour = f"C{place // 100}"
            child.attr.size = f"S{place // 10 % 10}"
            child.attr.fit = f"F{place % 10}"
            child.save()
            record_model.objects.create(
                product=child, partner=partner, partner_sku=f"T{number}-{place}", price=10
            )
    return {"seconds": time.perf_counter() - start, "granted": count}


def main() -> None:
    configure(sys.argv[1])
    ids = make_shop(int(sys.argv[2]))
    for number, line in enumerate(sys.stdin):
        request = json.loads(line)
        made = "variants" in request
        answer = make_variants(number, request["variants"]) if made else run(ids, request)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
