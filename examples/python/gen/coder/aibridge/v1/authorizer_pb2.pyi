import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AuthorizationFailureReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    AUTHORIZATION_FAILURE_REASON_UNSPECIFIED: _ClassVar[AuthorizationFailureReason]
    AUTHORIZATION_FAILURE_REASON_MISSING_CREDENTIAL: _ClassVar[AuthorizationFailureReason]
    AUTHORIZATION_FAILURE_REASON_INVALID_KEY: _ClassVar[AuthorizationFailureReason]
    AUTHORIZATION_FAILURE_REASON_UNKNOWN_KEY: _ClassVar[AuthorizationFailureReason]
    AUTHORIZATION_FAILURE_REASON_EXPIRED: _ClassVar[AuthorizationFailureReason]
    AUTHORIZATION_FAILURE_REASON_UNKNOWN_USER: _ClassVar[AuthorizationFailureReason]
    AUTHORIZATION_FAILURE_REASON_DELETED_USER: _ClassVar[AuthorizationFailureReason]
    AUTHORIZATION_FAILURE_REASON_INACTIVE_USER: _ClassVar[AuthorizationFailureReason]
    AUTHORIZATION_FAILURE_REASON_SYSTEM_USER: _ClassVar[AuthorizationFailureReason]
    AUTHORIZATION_FAILURE_REASON_INVALID_GATEWAY_KEY: _ClassVar[AuthorizationFailureReason]
    AUTHORIZATION_FAILURE_REASON_GATEWAY_KEY_CANNOT_DELEGATE: _ClassVar[AuthorizationFailureReason]
AUTHORIZATION_FAILURE_REASON_UNSPECIFIED: AuthorizationFailureReason
AUTHORIZATION_FAILURE_REASON_MISSING_CREDENTIAL: AuthorizationFailureReason
AUTHORIZATION_FAILURE_REASON_INVALID_KEY: AuthorizationFailureReason
AUTHORIZATION_FAILURE_REASON_UNKNOWN_KEY: AuthorizationFailureReason
AUTHORIZATION_FAILURE_REASON_EXPIRED: AuthorizationFailureReason
AUTHORIZATION_FAILURE_REASON_UNKNOWN_USER: AuthorizationFailureReason
AUTHORIZATION_FAILURE_REASON_DELETED_USER: AuthorizationFailureReason
AUTHORIZATION_FAILURE_REASON_INACTIVE_USER: AuthorizationFailureReason
AUTHORIZATION_FAILURE_REASON_SYSTEM_USER: AuthorizationFailureReason
AUTHORIZATION_FAILURE_REASON_INVALID_GATEWAY_KEY: AuthorizationFailureReason
AUTHORIZATION_FAILURE_REASON_GATEWAY_KEY_CANNOT_DELEGATE: AuthorizationFailureReason

class IsAuthorizedRequest(_message.Message):
    __slots__ = ("key", "key_id")
    KEY_FIELD_NUMBER: _ClassVar[int]
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
    key: str
    key_id: str
    def __init__(self, key: _Optional[str] = ..., key_id: _Optional[str] = ...) -> None: ...

class IsAuthorizedResponse(_message.Message):
    __slots__ = ("owner_id", "api_key_id", "username", "expire_time", "revision", "gateway_key_id")
    OWNER_ID_FIELD_NUMBER: _ClassVar[int]
    API_KEY_ID_FIELD_NUMBER: _ClassVar[int]
    USERNAME_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    GATEWAY_KEY_ID_FIELD_NUMBER: _ClassVar[int]
    owner_id: str
    api_key_id: str
    username: str
    expire_time: _timestamp_pb2.Timestamp
    revision: int
    gateway_key_id: str
    def __init__(self, owner_id: _Optional[str] = ..., api_key_id: _Optional[str] = ..., username: _Optional[str] = ..., expire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., revision: _Optional[int] = ..., gateway_key_id: _Optional[str] = ...) -> None: ...

class WatchInvalidationsRequest(_message.Message):
    __slots__ = ("since_revision",)
    SINCE_REVISION_FIELD_NUMBER: _ClassVar[int]
    since_revision: int
    def __init__(self, since_revision: _Optional[int] = ...) -> None: ...

class WatchInvalidationsResponse(_message.Message):
    __slots__ = ("revision", "api_key_ids", "user_ids", "gateway_key_ids", "reset")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    API_KEY_IDS_FIELD_NUMBER: _ClassVar[int]
    USER_IDS_FIELD_NUMBER: _ClassVar[int]
    GATEWAY_KEY_IDS_FIELD_NUMBER: _ClassVar[int]
    RESET_FIELD_NUMBER: _ClassVar[int]
    revision: int
    api_key_ids: _containers.RepeatedScalarFieldContainer[str]
    user_ids: _containers.RepeatedScalarFieldContainer[str]
    gateway_key_ids: _containers.RepeatedScalarFieldContainer[str]
    reset: bool
    def __init__(self, revision: _Optional[int] = ..., api_key_ids: _Optional[_Iterable[str]] = ..., user_ids: _Optional[_Iterable[str]] = ..., gateway_key_ids: _Optional[_Iterable[str]] = ..., reset: _Optional[bool] = ...) -> None: ...

class AuthorizationFailure(_message.Message):
    __slots__ = ("reason",)
    REASON_FIELD_NUMBER: _ClassVar[int]
    reason: AuthorizationFailureReason
    def __init__(self, reason: _Optional[_Union[AuthorizationFailureReason, str]] = ...) -> None: ...
