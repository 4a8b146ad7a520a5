import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GatewayKey(_message.Message):
    __slots__ = ("id", "name", "prefix", "can_delegate", "create_time", "last_seen_time", "revoke_time")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PREFIX_FIELD_NUMBER: _ClassVar[int]
    CAN_DELEGATE_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    LAST_SEEN_TIME_FIELD_NUMBER: _ClassVar[int]
    REVOKE_TIME_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    prefix: str
    can_delegate: bool
    create_time: _timestamp_pb2.Timestamp
    last_seen_time: _timestamp_pb2.Timestamp
    revoke_time: _timestamp_pb2.Timestamp
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., prefix: _Optional[str] = ..., can_delegate: _Optional[bool] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., last_seen_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., revoke_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CreateGatewayKeyRequest(_message.Message):
    __slots__ = ("name", "can_delegate")
    NAME_FIELD_NUMBER: _ClassVar[int]
    CAN_DELEGATE_FIELD_NUMBER: _ClassVar[int]
    name: str
    can_delegate: bool
    def __init__(self, name: _Optional[str] = ..., can_delegate: _Optional[bool] = ...) -> None: ...

class CreateGatewayKeyResponse(_message.Message):
    __slots__ = ("gateway_key", "key")
    GATEWAY_KEY_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    gateway_key: GatewayKey
    key: str
    def __init__(self, gateway_key: _Optional[_Union[GatewayKey, _Mapping]] = ..., key: _Optional[str] = ...) -> None: ...

class GetGatewayKeyRequest(_message.Message):
    __slots__ = ("id", "name")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ...) -> None: ...

class GetGatewayKeyResponse(_message.Message):
    __slots__ = ("gateway_key",)
    GATEWAY_KEY_FIELD_NUMBER: _ClassVar[int]
    gateway_key: GatewayKey
    def __init__(self, gateway_key: _Optional[_Union[GatewayKey, _Mapping]] = ...) -> None: ...

class ListGatewayKeysRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "show_revoked")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    SHOW_REVOKED_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    show_revoked: bool
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., show_revoked: _Optional[bool] = ...) -> None: ...

class ListGatewayKeysResponse(_message.Message):
    __slots__ = ("gateway_keys", "next_page_token")
    GATEWAY_KEYS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    gateway_keys: _containers.RepeatedCompositeFieldContainer[GatewayKey]
    next_page_token: str
    def __init__(self, gateway_keys: _Optional[_Iterable[_Union[GatewayKey, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class RevokeGatewayKeyRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class RevokeGatewayKeyResponse(_message.Message):
    __slots__ = ("gateway_key",)
    GATEWAY_KEY_FIELD_NUMBER: _ClassVar[int]
    gateway_key: GatewayKey
    def __init__(self, gateway_key: _Optional[_Union[GatewayKey, _Mapping]] = ...) -> None: ...
