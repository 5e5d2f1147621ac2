"""Products and their variants. Functions take a session, flush, and never commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commerce_core.lazy import lazy_exports

if TYPE_CHECKING:
    from commerce_core.catalog.attribute_models import (
        Attribute,
        AttributeKind,
        ProductAttribute,
        ProductImage,
    )
    from commerce_core.catalog.attributes import (
        create_attribute,
        list_attributes,
        product_attributes,
        set_attribute,
    )
    from commerce_core.catalog.categories import (
        category_path,
        create_category,
        ensure_category,
        get_category,
        list_categories,
        move_category,
        remove_category,
        rename_category,
        within,
    )
    from commerce_core.catalog.category_models import (
        Category,
    )
    from commerce_core.catalog.change_models import (
        CatalogChange,
        ChangeKind,
    )
    from commerce_core.catalog.changes import (
        product_history,
    )
    from commerce_core.catalog.edit_conflicts import (
        Conflict,
    )
    from commerce_core.catalog.edits import (
        CellChange,
        CellEdit,
        CellProblem,
        EditResult,
        edit_variants,
    )
    from commerce_core.catalog.file_columns import guess_mapping, mapping_for, remember_mapping
    from commerce_core.catalog.file_export import Layout, export_products
    from commerce_core.catalog.file_import import (
        begin_product_import,
        import_products,
        preview_products,
        product_import_flow,
    )
    from commerce_core.catalog.file_models import HeaderMapping, ProductImport, ProductImportRefusal
    from commerce_core.catalog.file_results import ProductFileResult, RowOutcome, RowResult
    from commerce_core.catalog.file_rows import ProductFile, RowProblem, read_product_file
    from commerce_core.catalog.images import (
        ImageStorage,
        LocalImages,
        StoredImage,
        add_image,
        list_images,
        order_images,
        remove_image,
        store_image,
    )
    from commerce_core.catalog.matrix import (
        Axis,
        Blocker,
        MatrixChoice,
        MatrixPlan,
        MatrixResult,
        MatrixRow,
        Outcome,
    )
    from commerce_core.catalog.matrix_apply import (
        apply_matrix,
    )
    from commerce_core.catalog.matrix_plan import (
        plan_matrix,
    )
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
    from commerce_core.catalog.option_values import (
        order_option_values,
        rename_option_value,
        set_swatch,
    )
    from commerce_core.catalog.options import (
        ensure_option_type,
        ensure_option_value,
        list_option_types,
        list_option_values,
    )
    from commerce_core.catalog.price_lists import (
        create_price_list,
        list_price_lists,
    )
    from commerce_core.catalog.price_models import (
        PriceKind,
        PriceList,
        VariantPrice,
    )
    from commerce_core.catalog.prices import (
        PriceQuote,
        cancel_price,
        list_prices,
        plan_sale,
        price_of,
        prices_of,
        set_price,
    )
    from commerce_core.catalog.products import (
        create_product,
        edit_product,
    )
    from commerce_core.catalog.queries import (
        find_product,
        find_variant,
        get_product,
        get_variant,
        list_variants,
    )
    from commerce_core.catalog.skus import (
        normalize_sku,
    )
    from commerce_core.catalog.variants import (
        create_variant,
    )

__all__ = [
    "Attribute",
    "AttributeKind",
    "Axis",
    "Blocker",
    "CatalogChange",
    "Category",
    "CellChange",
    "CellEdit",
    "CellProblem",
    "ChangeKind",
    "Conflict",
    "EditResult",
    "HeaderMapping",
    "ImageStorage",
    "Layout",
    "LocalImages",
    "MatrixChoice",
    "MatrixPlan",
    "MatrixResult",
    "MatrixRow",
    "OptionType",
    "OptionValue",
    "Outcome",
    "PriceKind",
    "PriceList",
    "PriceQuote",
    "Product",
    "ProductAttribute",
    "ProductFile",
    "ProductFileResult",
    "ProductImage",
    "ProductImport",
    "ProductImportRefusal",
    "ProductOptionType",
    "ProductStatus",
    "RowOutcome",
    "RowProblem",
    "RowResult",
    "StoredImage",
    "Variant",
    "VariantOptionValue",
    "VariantPrice",
    "VariantStatus",
    "add_image",
    "apply_matrix",
    "begin_product_import",
    "cancel_price",
    "category_path",
    "create_attribute",
    "create_category",
    "create_price_list",
    "create_product",
    "create_variant",
    "edit_product",
    "edit_variants",
    "ensure_category",
    "ensure_option_type",
    "ensure_option_value",
    "export_products",
    "find_product",
    "find_variant",
    "get_category",
    "get_product",
    "get_variant",
    "guess_mapping",
    "import_products",
    "list_attributes",
    "list_categories",
    "list_images",
    "list_option_types",
    "list_option_values",
    "list_price_lists",
    "list_prices",
    "list_variants",
    "mapping_for",
    "move_category",
    "normalize_sku",
    "order_images",
    "order_option_values",
    "plan_matrix",
    "plan_sale",
    "preview_products",
    "price_of",
    "prices_of",
    "product_attributes",
    "product_history",
    "product_import_flow",
    "read_product_file",
    "remember_mapping",
    "remove_category",
    "remove_image",
    "rename_category",
    "rename_option_value",
    "set_attribute",
    "set_price",
    "set_swatch",
    "store_image",
    "within",
]

__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "attribute_models": (
            "Attribute",
            "AttributeKind",
            "ProductAttribute",
            "ProductImage",
        ),
        "attributes": (
            "create_attribute",
            "list_attributes",
            "product_attributes",
            "set_attribute",
        ),
        "categories": (
            "category_path",
            "create_category",
            "ensure_category",
            "get_category",
            "list_categories",
            "move_category",
            "remove_category",
            "rename_category",
            "within",
        ),
        "category_models": ("Category",),
        "change_models": (
            "CatalogChange",
            "ChangeKind",
        ),
        "changes": ("product_history",),
        "edit_conflicts": ("Conflict",),
        "edits": (
            "CellChange",
            "CellEdit",
            "CellProblem",
            "EditResult",
            "edit_variants",
        ),
        "file_columns": (
            "guess_mapping",
            "mapping_for",
            "remember_mapping",
        ),
        "file_export": (
            "Layout",
            "export_products",
        ),
        "file_import": (
            "begin_product_import",
            "import_products",
            "preview_products",
            "product_import_flow",
        ),
        "file_models": (
            "HeaderMapping",
            "ProductImport",
            "ProductImportRefusal",
        ),
        "file_results": (
            "ProductFileResult",
            "RowOutcome",
            "RowResult",
        ),
        "file_rows": (
            "ProductFile",
            "RowProblem",
            "read_product_file",
        ),
        "images": (
            "ImageStorage",
            "LocalImages",
            "StoredImage",
            "add_image",
            "list_images",
            "order_images",
            "remove_image",
            "store_image",
        ),
        "matrix": (
            "Axis",
            "Blocker",
            "MatrixChoice",
            "MatrixPlan",
            "MatrixResult",
            "MatrixRow",
            "Outcome",
        ),
        "matrix_apply": ("apply_matrix",),
        "matrix_plan": ("plan_matrix",),
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
        "option_values": (
            "order_option_values",
            "rename_option_value",
            "set_swatch",
        ),
        "options": (
            "ensure_option_type",
            "ensure_option_value",
            "list_option_types",
            "list_option_values",
        ),
        "price_lists": (
            "create_price_list",
            "list_price_lists",
        ),
        "price_models": (
            "PriceKind",
            "PriceList",
            "VariantPrice",
        ),
        "prices": (
            "PriceQuote",
            "cancel_price",
            "list_prices",
            "plan_sale",
            "price_of",
            "prices_of",
            "set_price",
        ),
        "products": (
            "create_product",
            "edit_product",
        ),
        "queries": (
            "find_product",
            "find_variant",
            "get_product",
            "get_variant",
            "list_variants",
        ),
        "skus": ("normalize_sku",),
        "variants": ("create_variant",),
    },
)
