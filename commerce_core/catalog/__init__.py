"""Products and their variants. Functions take a session, flush, and never commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commerce_core.lazy import lazy_exports

if TYPE_CHECKING:
    from commerce_core.catalog.models import (
        OptionType,
        OptionValue,
        Product,
        ProductOptionType,
        ProductStatus,
        Variant,
        VariantOptionValue,
        VariantStatus,
    )
    from commerce_core.catalog.products import (
        create_product,
        create_variant,
        ensure_option_value,
        normalize_sku,
    )
    from commerce_core.catalog.queries import (
        find_product,
        find_variant,
        get_product,
        get_variant,
        list_variants,
    )

__all__ = [
    "OptionType",
    "OptionValue",
    "Product",
    "ProductOptionType",
    "ProductStatus",
    "Variant",
    "VariantOptionValue",
    "VariantStatus",
    "create_product",
    "create_variant",
    "ensure_option_value",
    "find_product",
    "find_variant",
    "get_product",
    "get_variant",
    "list_variants",
    "normalize_sku",
]

__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "models": (
            "OptionType",
            "OptionValue",
            "Product",
            "ProductOptionType",
            "ProductStatus",
            "Variant",
            "VariantOptionValue",
            "VariantStatus",
        ),
        "products": (
            "create_product",
            "create_variant",
            "ensure_option_value",
            "normalize_sku",
        ),
        "queries": (
            "find_product",
            "find_variant",
            "get_product",
            "get_variant",
            "list_variants",
        ),
    },
)
