"""DHL: tracking, returns, labels, pushes. Importing this loads nothing until a name is used.

    from commerce_core.logistics.dhl import DHLClient, DHLConfig

    with DHLClient(DHLConfig.from_environment()) as dhl:
        shipment = dhl.tracking.track("00340434161094015902", service="parcel-de").pick()
        print(shipment.status, shipment.estimated_time_of_delivery)

``AsyncDHLClient`` has the same methods, awaited. Errors: ``commerce_core.logistics.dhl.errors``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from commerce_core.lazy import lazy_exports

if TYPE_CHECKING:
    from commerce_core.logistics.dhl._protocol import (
        Api,
        Wait,
    )
    from commerce_core.logistics.dhl._tracking import (
        Service,
    )
    from commerce_core.logistics.dhl.async_client import (
        AsyncDHLClient,
    )
    from commerce_core.logistics.dhl.budget import (
        BudgetStore,
        Left,
        MemoryBudgetStore,
    )
    from commerce_core.logistics.dhl.client import (
        DHLClient,
    )
    from commerce_core.logistics.dhl.config import (
        DHLConfig,
        Environment,
    )
    from commerce_core.logistics.dhl.database_budget import (
        DatabaseBudgetStore,
    )
    from commerce_core.logistics.dhl.errors import (
        AmbiguousShipmentError,
        DHLAuthenticationError,
        DHLBudgetExhaustedError,
        DHLConfigurationError,
        DHLError,
        DHLLabelError,
        DHLNotFoundError,
        DHLProtocolError,
        DHLRateLimitedError,
        DHLRejectedError,
        DHLTimeoutError,
        DHLUnavailableError,
        InvalidTrackingNumberError,
        LimitKind,
        Problem,
        UncertainOutcomeError,
    )
    from commerce_core.logistics.dhl.labels import (
        Document,
        MediaType,
    )
    from commerce_core.logistics.dhl.numbers import (
        normalise_tracking_number,
    )
    from commerce_core.logistics.dhl.parcel_messages import (
        ParcelEvent,
        ParcelPiece,
        SignatureImage,
    )
    from commerce_core.logistics.dhl.push import (
        Hook,
        PushEvent,
        PushState,
        new_hook,
        receive,
    )
    from commerce_core.logistics.dhl.return_messages import (
        CustomsDetails,
        ItemValue,
        LabelType,
        Receiver,
        ReturnAddress,
        ReturnItem,
        ReturnLabel,
        ReturnRequest,
        Weight,
    )
    from commerce_core.logistics.dhl.shipments import (
        Shipment,
        TrackingAnswer,
    )
    from commerce_core.logistics.dhl.shipping_messages import (
        BatchResult,
        ShippingItem,
    )
    from commerce_core.logistics.dhl.shipping_orders import (
        ContactAddress,
        DocFormat,
        EnclosedReturn,
        Locker,
        ParcelDetails,
        ParcelWeight,
        POBox,
        PostOffice,
        PrintFormat,
        ShipmentOrder,
        ShippingServices,
    )
    from commerce_core.logistics.dhl.statuses import (
        ShipmentStatus,
    )
    from commerce_core.logistics.dhl.timestamps import (
        Moment,
        MomentKind,
    )
    from commerce_core.logistics.dhl.tokens import (
        TokenCache,
    )
    from commerce_core.logistics.dhl.tracking_messages import (
        TrackingEvent,
        TrackingStatus,
    )

__all__ = [
    "AmbiguousShipmentError",
    "Api",
    "AsyncDHLClient",
    "BatchResult",
    "BudgetStore",
    "ContactAddress",
    "CustomsDetails",
    "DHLAuthenticationError",
    "DHLBudgetExhaustedError",
    "DHLClient",
    "DHLConfig",
    "DHLConfigurationError",
    "DHLError",
    "DHLLabelError",
    "DHLNotFoundError",
    "DHLProtocolError",
    "DHLRateLimitedError",
    "DHLRejectedError",
    "DHLTimeoutError",
    "DHLUnavailableError",
    "DatabaseBudgetStore",
    "DocFormat",
    "Document",
    "EnclosedReturn",
    "Environment",
    "Hook",
    "InvalidTrackingNumberError",
    "ItemValue",
    "LabelType",
    "Left",
    "LimitKind",
    "Locker",
    "MediaType",
    "MemoryBudgetStore",
    "Moment",
    "MomentKind",
    "POBox",
    "ParcelDetails",
    "ParcelEvent",
    "ParcelPiece",
    "ParcelWeight",
    "PostOffice",
    "PrintFormat",
    "Problem",
    "PushEvent",
    "PushState",
    "Receiver",
    "ReturnAddress",
    "ReturnItem",
    "ReturnLabel",
    "ReturnRequest",
    "Service",
    "Shipment",
    "ShipmentOrder",
    "ShipmentStatus",
    "ShippingItem",
    "ShippingServices",
    "SignatureImage",
    "TokenCache",
    "TrackingAnswer",
    "TrackingEvent",
    "TrackingStatus",
    "UncertainOutcomeError",
    "Wait",
    "Weight",
    "new_hook",
    "normalise_tracking_number",
    "receive",
]

__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "_protocol": (
            "Api",
            "Wait",
        ),
        "_tracking": ("Service",),
        "async_client": ("AsyncDHLClient",),
        "budget": (
            "BudgetStore",
            "Left",
            "MemoryBudgetStore",
        ),
        "client": ("DHLClient",),
        "config": (
            "DHLConfig",
            "Environment",
        ),
        "database_budget": ("DatabaseBudgetStore",),
        "errors": (
            "AmbiguousShipmentError",
            "DHLAuthenticationError",
            "DHLBudgetExhaustedError",
            "DHLConfigurationError",
            "DHLError",
            "DHLLabelError",
            "DHLNotFoundError",
            "DHLProtocolError",
            "DHLRateLimitedError",
            "DHLRejectedError",
            "DHLTimeoutError",
            "DHLUnavailableError",
            "InvalidTrackingNumberError",
            "LimitKind",
            "Problem",
            "UncertainOutcomeError",
        ),
        "labels": (
            "Document",
            "MediaType",
        ),
        "numbers": ("normalise_tracking_number",),
        "parcel_messages": (
            "ParcelEvent",
            "ParcelPiece",
            "SignatureImage",
        ),
        "push": (
            "Hook",
            "PushEvent",
            "PushState",
            "new_hook",
            "receive",
        ),
        "return_messages": (
            "CustomsDetails",
            "ItemValue",
            "LabelType",
            "Receiver",
            "ReturnAddress",
            "ReturnItem",
            "ReturnLabel",
            "ReturnRequest",
            "Weight",
        ),
        "shipments": (
            "Shipment",
            "TrackingAnswer",
        ),
        "shipping_messages": (
            "BatchResult",
            "ShippingItem",
        ),
        "shipping_orders": (
            "ContactAddress",
            "DocFormat",
            "EnclosedReturn",
            "Locker",
            "POBox",
            "ParcelDetails",
            "ParcelWeight",
            "PostOffice",
            "PrintFormat",
            "ShipmentOrder",
            "ShippingServices",
        ),
        "statuses": ("ShipmentStatus",),
        "timestamps": (
            "Moment",
            "MomentKind",
        ),
        "tokens": ("TokenCache",),
        "tracking_messages": (
            "TrackingEvent",
            "TrackingStatus",
        ),
    },
)
