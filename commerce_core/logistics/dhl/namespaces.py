"""The faces of the clients: each method is a flow of the library, run by the client's driver.

A flow is written once; :class:`Blocking` and :class:`Awaiting` make a method of it that keeps its
parameters and its result for type checkers, without the first parameter.
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, Self, TypeVar, overload

from commerce_core.logistics.dhl import _parcel_tracking, _push, _returns, _shipping, _tracking
from commerce_core.logistics.dhl._protocol import Flow, Setting

_P = ParamSpec("_P")
_R = TypeVar("_R")
_FlowOf = Callable[Concatenate[Setting, _P], Flow[_R]]


class RunsFlows(Protocol):
    """A sync driver."""

    def run(self, flow: Flow[_R]) -> _R:
        """Run a flow to its end."""
        ...


class RunsFlowsAsync(Protocol):
    """An async driver."""

    async def run(self, flow: Flow[_R]) -> _R:
        """Run a flow to its end."""
        ...


class Namespace:
    """A group of methods of a sync client."""

    def __init__(self, driver: RunsFlows, setting: Setting) -> None:
        self.driver = driver
        self.setting = setting


class AsyncNamespace:
    """A group of methods of an async client."""

    def __init__(self, driver: RunsFlowsAsync, setting: Setting) -> None:
        self.driver = driver
        self.setting = setting


class Blocking(Generic[_P, _R]):
    """A flow as a method that returns its result."""

    def __init__(self, flow: _FlowOf[_P, _R]) -> None:
        self.flow = flow
        self.__doc__ = flow.__doc__

    @overload
    def __get__(self, namespace: None, owner: type) -> Self: ...
    @overload
    def __get__(self, namespace: Namespace, owner: type) -> Callable[_P, _R]: ...
    def __get__(self, namespace: Namespace | None, owner: type) -> Self | Callable[_P, _R]:
        if namespace is None:
            return self

        @functools.wraps(self.flow)
        def method(*args: _P.args, **kwargs: _P.kwargs) -> _R:
            return namespace.driver.run(self.flow(namespace.setting, *args, **kwargs))

        return method


class Awaiting(Generic[_P, _R]):
    """A flow as a method whose result is awaited."""

    def __init__(self, flow: _FlowOf[_P, _R]) -> None:
        self.flow = flow
        self.__doc__ = flow.__doc__

    @overload
    def __get__(self, namespace: None, owner: type) -> Self: ...
    @overload
    def __get__(self, namespace: AsyncNamespace, owner: type) -> Callable[_P, Awaitable[_R]]: ...
    def __get__(
        self, namespace: AsyncNamespace | None, owner: type
    ) -> Self | Callable[_P, Awaitable[_R]]:
        if namespace is None:
            return self

        @functools.wraps(self.flow)
        def method(*args: _P.args, **kwargs: _P.kwargs) -> Any:
            return namespace.driver.run(self.flow(namespace.setting, *args, **kwargs))

        return method


class Tracking(Namespace):
    """Shipment Tracking - Unified: any shipment of any division, one number a call."""

    track = Blocking(_tracking.track)
    next_page = Blocking(_tracking.next_page)
    track_elsewhere = Blocking(_tracking.track_elsewhere)


class AsyncTracking(AsyncNamespace):
    """Shipment Tracking - Unified: any shipment of any division, one number a call."""

    track = Awaiting(_tracking.track)
    next_page = Awaiting(_tracking.next_page)
    track_elsewhere = Awaiting(_tracking.track_elsewhere)


class Returns(Namespace):
    """Parcel DE Returns: labels for parcels that come back."""

    create = Blocking(_returns.create)
    locations = Blocking(_returns.locations)
    version = Blocking(_returns.version)


class AsyncReturns(AsyncNamespace):
    """Parcel DE Returns: labels for parcels that come back."""

    create = Awaiting(_returns.create)
    locations = Awaiting(_returns.locations)
    version = Awaiting(_returns.version)


class Shipping(Namespace):
    """Parcel DE Shipping v2: labels for parcels that go out."""

    create = Blocking(_shipping.create)
    validate = Blocking(_shipping.validate)
    label = Blocking(_shipping.label)
    download = Blocking(_shipping.download)
    cancel = Blocking(_shipping.cancel)
    manifest = Blocking(_shipping.manifest)
    manifest_documents = Blocking(_shipping.manifest_documents)
    version = Blocking(_shipping.version)


class AsyncShipping(AsyncNamespace):
    """Parcel DE Shipping v2: labels for parcels that go out."""

    create = Awaiting(_shipping.create)
    validate = Awaiting(_shipping.validate)
    label = Awaiting(_shipping.label)
    download = Awaiting(_shipping.download)
    cancel = Awaiting(_shipping.cancel)
    manifest = Awaiting(_shipping.manifest)
    manifest_documents = Awaiting(_shipping.manifest_documents)
    version = Awaiting(_shipping.version)


class Push(Namespace):
    """Shipment Tracking - Unified - Push: DHL calls us."""

    subscribe = Blocking(_push.subscribe)
    confirm = Blocking(_push.confirm)
    get = Blocking(_push.get)
    list = Blocking(_push.list_subscriptions)
    delete = Blocking(_push.delete)


class AsyncPush(AsyncNamespace):
    """Shipment Tracking - Unified - Push: DHL calls us."""

    subscribe = Awaiting(_push.subscribe)
    confirm = Awaiting(_push.confirm)
    get = Awaiting(_push.get)
    list = Awaiting(_push.list_subscriptions)
    delete = Awaiting(_push.delete)


class ParcelTracking(Namespace):
    """Parcel DE tracking by XML: twenty numbers a call, finer codes, the signature's image."""

    track = Blocking(_parcel_tracking.track)
    signature = Blocking(_parcel_tracking.signature)


class AsyncParcelTracking(AsyncNamespace):
    """Parcel DE tracking by XML: twenty numbers a call, finer codes, the signature's image."""

    track = Awaiting(_parcel_tracking.track)
    signature = Awaiting(_parcel_tracking.signature)
