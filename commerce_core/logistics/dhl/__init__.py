"""DHL: tracking, returns, labels, pushes. Importing this loads nothing until a name is used.

    from commerce_core.logistics.dhl import DHLClient, DHLConfig

    with DHLClient(DHLConfig.from_environment()) as dhl:
        shipment = dhl.tracking.track("00340434161094015902", service="parcel-de").pick()
        print(shipment.status, shipment.estimated_time_of_delivery)

``AsyncDHLClient`` has the same methods, awaited. Errors: ``commerce_core.logistics.dhl.errors``.
"""

from __future__ import annotations

from commerce_core.lazy import lazy_exports

_HOMES = {
    "_protocol": ("Api", "Wait"),
    "_tracking": ("Service",),
    "async_client": ("AsyncDHLClient",),
    "budget": ("BudgetStore", "Left", "MemoryBudgetStore"),
    "client": ("DHLClient",),
    "config": ("DHLConfig", "Environment"),
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
    "labels": ("Document", "MediaType"),
    "numbers": ("normalise_tracking_number",),
    "parcel_messages": ("ParcelEvent", "ParcelPiece", "SignatureImage"),
    "push": ("Hook", "PushEvent", "PushState", "new_hook", "receive"),
    "return_messages": (
        "CustomsDetails",
        "ItemValue",
        "LabelType",
        "Receiver",
        "ReturnAddress",
        "ReturnItem",
        "ReturnLabel",
        "ReturnOrder",
        "Weight",
    ),
    "shipments": ("Shipment", "TrackingAnswer"),
    "shipping_messages": ("BatchResult", "ShippingItem"),
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
    "statuses": ("MAPPING_VERSION", "ShipmentStatus"),
    "timestamps": ("Moment", "MomentKind"),
    "tokens": ("TokenCache",),
    "tracking_messages": ("TrackingEvent", "TrackingStatus"),
}
__getattr__, __dir__ = lazy_exports(__name__, _HOMES)
